"""Who is typing and who has read (E-4). Told in small chats alone, bounded for each person, stored nowhere.

A chat of 10,000 in which everybody types would tell a thousand sockets three thousand times a second; in a chat of that
size nobody looks at it either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from rtserver.actor import Actor, Handler
from rtserver.bus.base import Bus, Hint, chat_stream
from rtserver.school.relations import may_write
from rtserver.wire.chat import Command, Done
from rtserver.wire.errors import AppError
from rtserver.wire.presence import ChatReads, ChatReadsListed, PresenceTyping, ReadMark, TypingTold
from storage import tables as t
from storage.db import Database
from storage.ids import parse_id, wire_id

from .loads import member_role, other_of_direct
from .marks import ReadMarks

SMALL_CHAT = 100
"""Members (E-4)."""
TYPING_EVERY_MS = 3_000
TYPISTS_MAX = 10_000
"""Typists that are remembered at once: beyond, who typed over 3 s ago is forgotten."""


class Presence:
    """Two commands. ``typed`` alone is state: when each account was last told to type in a chat."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], int], marks: ReadMarks) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._marks = marks
        self._typed: dict[tuple[int, int], int] = {}

    def handlers(self) -> dict[type[Command], Handler]:
        return {PresenceTyping: self._type, ChatReads: self._reads}

    async def _type(self, actor: Actor, command: PresenceTyping) -> Done:
        chat, now = parse_id(command.chat), self._clock()
        if now - self._typed.get((actor.account, chat), -TYPING_EVERY_MS) < TYPING_EVERY_MS:
            return Done()  # asked and allowed a moment ago
        small = await self._database.read(lambda c: _may_type(c, actor.account, chat))
        if len(self._typed) >= TYPISTS_MAX:
            self._typed = {key: at for key, at in self._typed.items() if now - at < TYPING_EVERY_MS}
        if len(self._typed) < TYPISTS_MAX:
            self._typed[actor.account, chat] = now
            if small:
                event = TypingTold(chat=command.chat, account=wire_id(actor.account))
                self._bus.publish([Hint(chat_stream(chat), 0, event)])
        return Done()

    async def _reads(self, actor: Actor, command: ChatReads) -> ChatReadsListed:
        held: dict[int, dict[int, int]] = {}
        for account, marked, seq in self._marks.held():  # before the snapshot, see ``ReadMarks.of``
            held.setdefault(marked, {})[account] = seq
        chat = parse_id(command.chat)
        return await self._database.read(lambda c: load_reads(c, actor.account, chat, held.get(chat, {})))


def _chat(connection: Connection, account: int, chat: int) -> tuple[Any, str]:
    """The chat and the role of a present member."""
    c = t.chat.c
    row = connection.execute(select(c.kind, c.direct_key, c.members_count, c.write_policy).where(c.id == chat)).first()
    if row is None:
        raise AppError("chat_unknown")
    return row, member_role(connection, chat, account)


def _may_type(connection: Connection, account: int, chat: int) -> bool:
    """Who may not write may not be seen typing either. Whether the chat is small enough to tell."""
    row, role = _chat(connection, account, chat)
    if row.kind == "direct":
        refusal = may_write(connection, account, other_of_direct(row.direct_key, account))
        if refusal is not None:
            raise refusal
    if row.write_policy == "staff" and role == "member":
        raise AppError("chat_read_only")
    return bool(row.members_count <= SMALL_CHAT)


def load_reads(connection: Connection, account: int, chat: int, held: Mapping[int, int]) -> ChatReadsListed:
    """Read marks of the other present members; ``held`` are those not stored yet."""
    row, _ = _chat(connection, account, chat)
    if row.members_count > SMALL_CHAT:
        return ChatReadsListed(reads=[])
    m, v = t.membership.c, t.chat_view.c
    rows = connection.execute(
        select(m.account_id, v.read_seq)
        .outerjoin(t.chat_view, (v.account_id == m.account_id) & (v.chat_id == m.chat_id))
        .where(m.chat_id == chat, m.to_seq.is_(None), m.account_id != account)
        .order_by(m.account_id)
    )
    reads = [(who, max(read_seq or 0, held.get(who, 0))) for who, read_seq in rows]
    return ChatReadsListed(reads=[ReadMark(account=wire_id(who), read_seq=seq) for who, seq in reads if seq])
