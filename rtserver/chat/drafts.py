"""Drafts: state of one's own, told to one's devices and logged nowhere. Asks nothing but membership."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from rtserver.bus.base import Hint, account_stream
from rtserver.wire.chat import Done
from rtserver.wire.drafts import DraftChanged, DraftSave
from rtserver.wire.types import Draft
from storage import tables as t
from storage.db import upsert
from storage.ids import parse_id, wire_id

from .loads import member_role
from .work import Work

d = t.draft.c


def save_draft(work: Work, actor: int, command: DraftSave) -> Done:
    """The last device wins. White space alone is a draft too: somebody is at it."""
    chat = work.head(parse_id(command.chat)).id
    member_role(work.connection, chat, actor)
    before = load_drafts(work.connection, actor, (chat,)).get(chat)
    text = command.text.replace("\0", "")
    if not text and command.reply_to is None:
        drop_draft(work, actor, chat)
        return Done()
    if before is not None and (before.text, before.reply_to) == (text, command.reply_to):
        return Done()
    values = {"body": text, "reply_to": command.reply_to, "saved_ms": work.now}
    statement = upsert(work.connection, t.draft).values(account_id=actor, chat_id=chat, **values)
    work.connection.execute(statement.on_conflict_do_update(index_elements=["account_id", "chat_id"], set_=values))
    _tell(work, actor, chat, Draft(text=text, reply_to=command.reply_to, ts=work.now))
    return Done()


def drop_draft(work: Work, account: int, chat: int) -> None:
    """Take the draft of a chat away, if there is one."""
    if work.connection.execute(delete(t.draft).where(d.account_id == account, d.chat_id == chat)).rowcount:
        _tell(work, account, chat, None)


def load_drafts(connection: Connection, account: int, chats: Collection[int]) -> dict[int, Draft]:
    """The account's drafts in these chats."""
    rows = connection.execute(select(t.draft).where(d.account_id == account, d.chat_id.in_(list(chats))))
    return {row.chat_id: Draft(text=row.body, reply_to=row.reply_to, ts=row.saved_ms) for row in rows}


def _tell(work: Work, account: int, chat: int, draft: Draft | None) -> None:
    work.told.append(Hint(account_stream(account), 0, DraftChanged(chat=wire_id(chat), draft=draft)))
