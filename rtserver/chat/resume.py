"""Resume (E-2): from a client's cursors to exactly what it missed, or to ``reset``; and the streams' logs for the hub.

Everything comes from one snapshot, so heads, events and unread counts agree with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, select

from rtserver.bus.base import account_stream, chat_stream
from rtserver.wire.chat import ChatEvent
from rtserver.wire.sync import ChatDelta, DraftState, ReadState, Sync, Synced
from storage import tables as t
from storage.db import Database
from storage.events import view_of
from storage.ids import parse_id, wire_id
from storage.reading import account_events, account_log, chat_events, epoch, events_of
from storage.unread import unread_counts

from .drafts import load_drafts
from .intervals import Sight
from .states import load_sights


@dataclass(frozen=True, slots=True)
class SyncLimits:
    """When reading anew is cheaper than catching up."""

    chat_events: int = 1_000
    """Per chat; a client further behind reloads that chat."""
    total_events: int = 5_000
    """Per ``sync``; further chats come with ``reset``."""
    total_bytes: int = 196_608
    """Of events in one ``sync``, as JSON: below the hub's ``slow_cut_bytes`` with room for heads and read marks, so
    that catching up never looks like being slow."""


def synchronise(
    connection: Connection, account: int, command: Sync, now: int, limits: SyncLimits, marks: Mapping[int, int]
) -> Synced:
    """What the cursors miss. A cursor ahead of its log, or older than what is kept, is a ``reset``."""
    present = epoch(connection)
    account_head, account_first = account_log(connection, account)
    sights = load_sights(connection, account)
    inside = [chat for chat, sight in sights.items() if sight.inside]
    if command.epoch != present or not account_first - 1 <= command.account_seq <= account_head:
        return _reset(present, account_head, now)
    own_events = account_events(connection, account, command.account_seq, limits.total_events * 2)
    bytes_left = limits.total_bytes - sum(map(_json_bytes, own_events))
    if bytes_left < 0:
        return _reset(present, account_head, now)
    deltas = _deltas(connection, sights, inside, command, limits, bytes_left)
    v = t.chat_view
    views = {
        row.chat_id: row
        for row in connection.execute(select(v).where(v.c.account_id == account, v.c.chat_id.in_(inside)))
    }
    unread = unread_counts(connection, account, inside, marks)
    return Synced(
        epoch=present,
        reset=False,
        account_seq=account_head,
        account_events=own_events,  # type: ignore[arg-type] # every AccountEvent of the log is in the union
        chats=deltas,
        reads=[
            ReadState(
                chat=wire_id(chat),
                read_seq=view_of(views.get(chat), marks.get(chat, 0)).read_seq,
                unread=unread[chat].posts,
                unread_mentions=unread[chat].mentions,
            )
            for chat in inside
        ],
        drafts=[
            DraftState(chat=wire_id(chat), draft=draft)
            for chat, draft in load_drafts(connection, account, inside).items()
        ],
        server_ts=now,
    )


def _reset(present: str, account_head: int, now: int) -> Synced:
    return Synced(
        epoch=present,
        reset=True,
        account_seq=account_head,
        account_events=[],
        chats=[],
        reads=[],
        drafts=[],
        server_ts=now,
    )


def _deltas(
    connection: Connection,
    sights: Mapping[int, Sight],
    inside: Sequence[int],
    command: Sync,
    limits: SyncLimits,
    bytes_left: int,
) -> list[ChatDelta]:
    """One delta for each chat whose head is not the cursor; those that do not fit any more come with ``reset``."""
    c = t.chat.c
    rows = connection.execute(select(c.id, c.seq).where(c.id.in_(inside)))
    heads = dict((chat, seq) for chat, seq in rows)  # noqa: C402 - rows are tuples that the types do not show
    cursors = {parse_id(cursor.chat): cursor.seq for cursor in command.chats}
    found: dict[int, list[ChatEvent]] = {}
    stretches: list[tuple[int, int, int]] = []
    budget = limits.total_events
    moved = [chat for chat in sorted(inside) if cursors.get(chat) != heads[chat]]
    for chat in moved:
        head, cursor = heads[chat], cursors.get(chat)
        if cursor is None or not 0 < head - cursor <= min(limits.chat_events, budget):
            continue
        ranges = sights[chat].ranges(cursor, head)
        if ranges == [(cursor + 1, head)]:  # a hole in the membership is a reload too: a cursor promises no gap
            budget -= head - cursor
            stretches.append((chat, cursor + 1, head))
            found[chat] = []
    with closing(events_of(connection, stretches)) as events:
        for chat, event in events:
            bytes_left -= _json_bytes(event)
            if bytes_left < 0:  # this chat and all after it, which were not read
                found = {earlier: whole for earlier, whole in found.items() if earlier < chat}
                break
            found[chat].append(event)
    return [
        ChatDelta(
            chat=wire_id(chat),
            head=heads[chat],
            reset=chat not in found,
            events=found.get(chat, []),  # type: ignore[arg-type] # every ChatEvent of the log is in the union
        )
        for chat in moved
    ]


def _json_bytes(event: msgspec.Struct) -> int:
    return len(msgspec.json.encode(event)) + 1


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
