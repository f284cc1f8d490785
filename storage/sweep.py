"""Takes erased words out of SQLite's search index for good (D8). Erases nothing that still stands.

FTS5 deletes by noting that a row is gone; its stems stay in the older segment until both are merged into the oldest
one. (``secure-delete``, FTS5 3.42, would make the file unreadable for the SQLite 3.40 of Debian 12.) So every erasure
leaves a mark in ``instance`` within its own transaction, and the sweeper merges all segments into one in small steps
between the writer's batches, then empties the write-ahead log. On PostgreSQL autovacuum does the like.
"""

from __future__ import annotations

import asyncio
import logging
import time

from sqlalchemy import Connection

from .db import Database

log = logging.getLogger(__name__)

STEP_PAGES = 64
"""Index pages merged in one transaction: about 3 ms, which a post behind it waits."""
REST = 4
"""Rest after a step, in lengths of the step: the writer keeps four fifths of its time."""
DUE, MERGING, MERGED = "due", "merging", "merged"


class Sweeper:
    """Owns one task. Does nothing on PostgreSQL."""

    def __init__(self, database: Database, every_s: float = 60.0) -> None:
        self._database = database
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._database.dialect == "sqlite":
            self._task = asyncio.get_running_loop().create_task(self._run(), name="sweeper")

    async def close(self) -> None:
        """Stop between two steps; the mark stands, so the next start goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def sweep(self) -> bool:
        """Merge until nothing erased is left; False when readers kept the log from being emptied."""
        while await self._database.read(state) not in (None, MERGED):
            began = time.monotonic()
            await self._database.write(step)
            await asyncio.sleep((time.monotonic() - began) * REST)
        if await self._database.read(state) is None:
            return True
        if not await self._database.empty_log():
            return False
        await self._database.write(forget)
        return True

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception:  # a disk that is full or busy now is tried again at the next turn
                log.exception("the search index could not be swept")
            await asyncio.sleep(self._every_s)


def state(connection: Connection) -> str | None:
    """How far the sweep of the last erasures is; None when there is nothing to sweep."""
    if connection.dialect.name != "sqlite":
        return None
    found = connection.exec_driver_sql("SELECT value FROM instance WHERE key = 'search_sweep'").scalar()
    return None if found is None else str(found)


def step(connection: Connection) -> None:
    """Merge one step on. A negative number starts anew with all segments (SQLite, FTS5 §6.8)."""
    now = state(connection)
    before = _changes(connection)
    pages = -STEP_PAGES if now == DUE else STEP_PAGES
    connection.exec_driver_sql("INSERT INTO search_fts(search_fts, rank) VALUES ('merge', ?)", (pages,))
    # fewer than two changes: there was nothing left to merge (FTS5 §6.8)
    after = MERGING if now == DUE or _changes(connection) - before >= 2 else MERGED
    connection.exec_driver_sql("UPDATE instance SET value = ? WHERE key = 'search_sweep'", (after,))


def forget(connection: Connection) -> None:
    """The sweep is over, unless something was erased meanwhile."""
    connection.exec_driver_sql("DELETE FROM instance WHERE key = 'search_sweep' AND value = ?", (MERGED,))


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())
