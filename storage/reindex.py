"""Makes the search index anew beside a living server, a few thousand messages at a time. Reads no index.

Whatever has no row in ``search_row`` is missing; the writers index and erase as ever meanwhile, and search finds what
is there already. A mark in ``instance`` says that it is due, so a stopped server goes on at its next start.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial

from sqlalchemy import Connection, and_, delete, select

from . import tables as t
from .db import Database, upsert
from .search import Entry, index_posts

log = logging.getLogger(__name__)

KEY, DUE = "search_index", "due"
STEP_MESSAGES = 500
"""Indexed in one transaction: about 20 ms, which a post behind it waits."""
REST = 1.0
"""Rest after a step, in lengths of the step: the writer keeps half its time."""


def is_due(connection: Connection) -> bool:
    i = t.instance.c
    return connection.execute(select(i.value).where(i.key == KEY)).scalar() == DUE


def clear(connection: Connection) -> None:
    """Empty the index and ask for a new one, in one transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO search_fts(search_fts) VALUES ('delete-all')")
    connection.execute(delete(t.search_row))
    connection.execute(upsert(connection, t.instance).values(key=KEY, value=DUE).on_conflict_do_nothing())


def step(connection: Connection, chat: int, after: int) -> int | None:
    """Index the next missing messages of a chat above ``after``; the last one looked at, None at the chat's end."""
    m, b, s = t.message.c, t.message_body.c, t.search_row.c
    # the chat's lock, as every writer has it: nobody edits or deletes what is being read
    connection.execute(select(t.chat.c.id).where(t.chat.c.id == chat).with_for_update())
    rows = connection.execute(
        select(m.seq, m.author, b.body, s.id)
        .join(t.message_body, and_(b.chat_id == m.chat_id, b.seq == m.body_seq))
        .outerjoin(t.search_row, and_(s.chat_id == m.chat_id, s.seq == m.seq))
        .where(m.chat_id == chat, m.seq > after, m.deleted_ms.is_(None))
        .order_by(m.seq)
        .limit(STEP_MESSAGES)
    ).all()
    index_posts(connection, [Entry(chat, row.seq, row.author, row.body) for row in rows if row.id is None])
    return rows[-1].seq if rows else None


def finish(connection: Connection) -> None:
    connection.execute(delete(t.instance).where(t.instance.c.key == KEY))


async def reindex(database: Database, *, rest: float = REST) -> int:
    """Index all that is missing; the number of chats looked through."""
    chats = await database.read(lambda c: list(c.execute(select(t.chat.c.id).order_by(t.chat.c.id)).scalars()))
    for chat in chats:
        after: int | None = 0
        while after is not None:
            began, low = time.monotonic(), after
            after = await database.write(partial(step, chat=chat, after=low))
            await asyncio.sleep((time.monotonic() - began) * rest)
    await database.write(finish)
    return len(chats)


class Reindexer:
    """Owns one task, which ends by itself when the index is whole."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="reindexer")

    async def close(self) -> None:
        """Stop between two steps; the mark stands, so the next start goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            if await self._database.read(is_due):
                chats = await reindex(self._database)
                log.info("the search index is whole", extra={"chats": chats})
        except Exception:  # goes on at the next start
            log.exception("the search index could not be made")
