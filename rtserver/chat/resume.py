"""Resume (E-2): from a client's cursors to exactly what it missed, or to ``reset``; and the streams' logs for the hub.

Everything comes from one snapshot, so heads, events and unread counts agree with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, select

from rtserver.bus.base import account_stream, chat_stream
from rtserver.wire.sync import ChatDelta, ReadState, Sync, Synced
from storage import tables as t
from storage.db import Database
from storage.events import view_of
from storage.ids import parse_id, wire_id
from storage.reading import account_events, account_log, chat_events, epoch
from storage.unread import unread_counts

from .states import load_sights


@dataclass(frozen=True, slots=True)
class SyncLimits:
    """When reading anew is cheaper than catching up."""

    chat_events: int = 1_000
    """Per chat; a client further behind reloads that chat."""
    total_events: int = 5_000
    """Per ``sync``; further chats come with ``reset``."""
    total_chars: int = 200_000
    """Of texts in one ``sync``: an answer stays below about half a megabyte, which every client's socket takes."""


def synchronise(connection: Connection, account: int, command: Sync, now: int, limits: SyncLimits) -> Synced:
    """What the cursors miss. A cursor ahead of its log, or older than what is kept, is a ``reset``."""
    present = epoch(connection)
    account_head, account_first = account_log(connection, account)
    sights = load_sights(connection, account)
    inside = [chat for chat, sight in sights.items() if sight.inside]
    if command.epoch != present or not account_first - 1 <= command.account_seq <= account_head:
        return Synced(
            epoch=present,
            reset=True,
            account_seq=account_head,
            account_events=[],
            chats=[],
            reads=[],
            server_ts=now,
        )
    found = connection.execute(select(t.chat.c.id, t.chat.c.seq).where(t.chat.c.id.in_(inside)))
    heads = dict((chat, seq) for chat, seq in found)  # noqa: C402 - rows are tuples that the types do not show
    cursors = {parse_id(cursor.chat): cursor.seq for cursor in command.chats}
    deltas: list[ChatDelta] = []
    budget, chars_left = limits.total_events, limits.total_chars
    for chat in sorted(inside):
        head, cursor = heads[chat], cursors.get(chat)
        if cursor == head:
            continue
        behind = head - (cursor or 0)
        fits = cursor is not None and 0 <= behind <= min(limits.chat_events, budget)
        ranges = sights[chat].ranges(cursor or 0, head) if fits else []
        whole = sum(high - low + 1 for low, high in ranges) == behind
        if not fits or not whole:  # a hole in the membership is a reload too: a cursor promises no gap
            deltas.append(ChatDelta(chat=wire_id(chat), head=head, reset=True, events=[]))
            continue
        events = chat_events(connection, chat, ranges, limits.chat_events)
        chars_left -= sum(len(getattr(event, "text", None) or "") for event in events)
        if chars_left < 0:
            deltas.append(ChatDelta(chat=wire_id(chat), head=head, reset=True, events=[]))
            continue
        budget -= len(events)
        deltas.append(ChatDelta(chat=wire_id(chat), head=head, reset=False, events=events))  # type: ignore[arg-type] # every ChatEvent of the log is in the union
    v = t.chat_view
    marks = {
        row.chat_id: row
        for row in connection.execute(select(v).where(v.c.account_id == account, v.c.chat_id.in_(inside)))
    }
    unread = unread_counts(connection, account, inside)
    return Synced(
        epoch=present,
        reset=False,
        account_seq=account_head,
        account_events=account_events(connection, account, command.account_seq, limits.total_events * 2),  # type: ignore[arg-type] # as above
        chats=deltas,
        reads=[
            ReadState(chat=wire_id(chat), read_seq=view_of(marks.get(chat)).read_seq, unread=unread[chat])
            for chat in inside
        ],
        server_ts=now,
    )


class StreamLogs:
    """``hub.ports.Logs`` on the database."""

    def __init__(self, database: Database, gap_max: int = 1_000) -> None:
        self._database = database
        self._gap_max = gap_max

    async def epoch(self) -> str:
        return await self._database.read(epoch)

    async def streams_of(self, account: int) -> dict[str, int]:
        """The account's own stream and those of its chats, with their heads."""
        return await self._database.read(lambda connection: _streams(connection, account))

    async def heads(self, streams: Sequence[str]) -> dict[str, int]:
        return await self._database.read(lambda connection: _heads(connection, streams))

    async def entries(self, stream: str, after: int, upto: int) -> list[msgspec.Struct]:
        """Events with ``after < seq <= upto`` in order, at most the bound of a gap."""
        kind, _, number = stream.partition(":")
        read: Callable[[Connection], Sequence[msgspec.Struct]]
        if kind == "chat":
            read = lambda c: chat_events(c, int(number), [(after + 1, upto)], self._gap_max)  # noqa: E731 - two short forms
        else:
            read = lambda c: [  # noqa: E731 - as above
                e for e in account_events(c, int(number), after, self._gap_max) if e.seq <= upto
            ]
        return list(await self._database.read(read))


def _streams(connection: Connection, account: int) -> dict[str, int]:
    m = t.membership.c
    rows = connection.execute(
        select(t.chat.c.id, t.chat.c.seq)
        .join(t.membership, m.chat_id == t.chat.c.id)
        .where(m.account_id == account, m.to_seq.is_(None))
    )
    streams = {chat_stream(chat): seq for chat, seq in rows}
    streams[account_stream(account)] = account_log(connection, account)[0]
    return streams


def _heads(connection: Connection, streams: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for prefix, table in (("chat", t.chat), ("account", t.account)):
        numbers = [int(s.partition(":")[2]) for s in streams if s.startswith(prefix + ":")]
        for start in range(0, len(numbers), 5_000):  # below SQLite's bound of variables
            rows = connection.execute(
                select(table.c.id, table.c.seq).where(table.c.id.in_(numbers[start : start + 5_000]))
            )
            found.update({f"{prefix}:{number}": seq for number, seq in rows})
    return found
