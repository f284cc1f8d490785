"""Search of messages and the jump to a date (R-92, E-6). Shows what the asker may see, and changes nothing.

Over all chats the order is by time; a chat is asked only while it may hold something newer than what is found. What
was hidden by the asker is left out after the index was asked, which is then asked for so many more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select

from rtserver.wire import search as w
from rtserver.wire.errors import AppError
from storage import tables as t
from storage.finding import Place, Wanted, everywhere, hidden_of, last_at, newest
from storage.ids import parse_id, wire_id
from storage.keys import among
from storage.reading import message_rows, messages_of, people, with_body
from storage.search import chat_numbers, words_of

from .intervals import Sight
from .states import load_sights, require_sight

CHATS_AT_ONCE = 16
"""Chats whose newest results are looked up together, before it is asked whether more chats are needed."""

FEW = 3
"""Results of each chat that are looked at first: few chats have more on one page."""


class Cursor(NamedTuple):
    """A result's place in the order of results; a page goes on with those below the last one told."""

    ts: int
    chat: int
    seq: int

    @property
    def written(self) -> str:
        return f"{self.ts}.{self.chat}.{self.seq}"


def read_cursor(page: str) -> Cursor | None:
    """Of a page's ``next``; None for the first page."""
    if not page:
        return None
    parts = page.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise AppError("bad_request", detail="page")
    return Cursor(*(min(int(part), 2**53) if n != 1 else min(int(part), 2**63 - 1) for n, part in enumerate(parts)))


@dataclass(frozen=True, slots=True)
class Field:
    """One chat to be searched, and the closed ranges of its log that are asked."""

    chat: int
    last_ms: int
    ranges: list[tuple[int, int]]

    def holds(self, seq: int) -> bool:
        return any(low <= seq <= high for low, high in self.ranges)


def search(connection: Connection, account: int, command: w.MessageSearch) -> w.MessagesFound:
    author = None if command.author is None else parse_id(command.author)
    wanted = Wanted.of(command.query, author, command.kind)
    cursor = read_cursor(command.page)
    if command.chat is not None:
        chat = parse_id(command.chat)
        sights = {chat: require_sight(connection, account, chat)}
    else:
        sights = {chat: sight for chat, sight in load_sights(connection, account).items() if sight.inside}
    if wanted.empty:
        raise AppError("search_empty")
    fields = _fields(connection, sights, command, cursor)
    total = None
    if command.chat is None:
        found, floor = _over_all(connection, account, wanted, fields, command.limit)
    else:
        most = max(w.TOTAL_MAX, command.limit + 1) if cursor is None else command.limit + 1
        found, floor = _in_one(connection, account, wanted, fields, most)
        total = len(found) if cursor is None and floor is None else None
    shown = found[: command.limit]
    following = shown[-1] if len(found) > command.limit else floor
    return w.MessagesFound(
        **_worded(connection, account, wanted, shown),
        next=None if following is None else following.written,
        total=total,
    )


def message_at(connection: Connection, account: int, command: w.MessageAtDate) -> w.MessageAt:
    """Bisects the log for the time, then takes the next message that the asker sees."""
    chat = parse_id(command.chat)
    sight = require_sight(connection, account, chat)
    head = connection.execute(select(t.chat.c.seq).where(t.chat.c.id == chat)).scalar_one()
    before = last_at(connection, (chat,), command.ts - 1)[chat]
    found = connection.execute(
        message_rows(account, chat, sight.ranges(before, head)).order_by(t.message.c.seq).limit(1)
    ).first()
    return w.MessageAt(seq=None if found is None else found.seq)


def _fields(
    connection: Connection, sights: Mapping[int, Sight], command: w.MessageSearch, cursor: Cursor | None
) -> list[Field]:
    """The chats and the parts of their logs that are asked, last active first."""
    c = t.chat.c
    rows = connection.execute(select(c.id, c.seq, c.last_ms).where(c.id.in_(list(sights)))).all()
    heads = {row.id: row.seq for row in rows}
    lowest = dict.fromkeys(heads, 0) if command.since is None else last_at(connection, heads, command.since - 1)
    highest = heads if command.until is None else last_at(connection, heads, command.until)
    if cursor is not None:
        later = {row.id for row in rows if row.last_ms >= cursor.ts}
        ended = last_at(connection, [chat for chat in later if chat > cursor.chat], cursor.ts - 1)
        ended |= last_at(connection, [chat for chat in later if chat < cursor.chat], cursor.ts)
        ended[cursor.chat] = cursor.seq - 1
        highest = {chat: min(seq, ended.get(chat, seq)) for chat, seq in highest.items()}
    fields = [Field(row.id, row.last_ms, sights[row.id].ranges(lowest[row.id], highest[row.id])) for row in rows]
    return sorted((f for f in fields if f.ranges), key=lambda f: f.last_ms, reverse=True)


def _in_one(
    connection: Connection, account: int, wanted: Wanted, fields: Sequence[Field], most: int
) -> tuple[list[Cursor], Cursor | None]:
    """Up to ``most`` results of the one chat, and where the index stopped looking for them."""
    places, floors = _visible(connection, account, wanted, fields, most)
    return _timed(connection, places), _timed(connection, floors, t.chat_event)[0] if floors else None


def _over_all(
    connection: Connection, account: int, wanted: Wanted, fields: Sequence[Field], limit: int
) -> tuple[list[Cursor], Cursor | None]:
    few = everywhere(connection, wanted) if len(fields) > 1 else None
    if few is not None:
        asked = {field.chat: field for field in fields}
        places = [place for place in few if place.chat in asked and asked[place.chat].holds(place.seq)]
        hidden = hidden_of(connection, account, {place.chat for place in places})
        return _timed(connection, [place for place in places if place not in hidden]), None
    found: list[Cursor] = []
    floors: list[Cursor] = []
    for first in range(0, len(fields), CHATS_AT_ONCE):
        some = fields[first : first + CHATS_AT_ONCE]
        if len(found) > limit and found[limit].ts > some[0].last_ms:
            break
        places, ended_at = _visible(connection, account, wanted, some, FEW)
        found = sorted([*found, *_timed(connection, places)], reverse=True)
        floors += _timed(connection, ended_at, t.chat_event)
    shown = [one.chat for one in found[: limit + 1]]
    dense = [field for field in fields if shown.count(field.chat) >= FEW]
    if dense:  # their next ones may belong on this page too
        places, ended_at = _visible(connection, account, wanted, dense, limit + 1)
        found = sorted({*found, *_timed(connection, places)}, reverse=True)
        floors += _timed(connection, ended_at, t.chat_event)
    floor = max(floors, default=None)
    return [one for one in found if floor is None or one >= floor], floor


def _visible(
    connection: Connection, account: int, wanted: Wanted, fields: Sequence[Field], limit: int
) -> tuple[list[Place], list[Place]]:
    """The newest places of each chat that the account has not hidden, and where the index stopped looking."""
    numbers = chat_numbers(connection, [field.chat for field in fields])
    hidden = hidden_of(connection, account, list(numbers))
    shown: list[Place] = []
    floors: list[Place] = []
    for field in fields:
        # of a chat with hidden messages so many more: they may all be among the newest
        most = limit + sum(place.chat == field.chat for place in hidden)
        seqs, down_to = newest(connection, wanted, field.chat, numbers.get(field.chat), field.ranges, most)
        shown += [place for seq in seqs if (place := Place(field.chat, seq)) not in hidden][:limit]
        if down_to is not None:
            floors.append(Place(field.chat, down_to))
    return shown, floors


def _timed(connection: Connection, places: Sequence[Place], table: Table = t.message) -> list[Cursor]:
    """The places in the order of results."""
    if not places:
        return []
    c = table.c
    rows = connection.execute(among(select(c.ts_ms, c.chat_id, c.seq), c.chat_id, c.seq, places))
    return sorted((Cursor(*row) for row in rows), reverse=True)


def _worded(connection: Connection, account: int, wanted: Wanted, shown: Sequence[Cursor]) -> dict[str, Any]:
    if not shown:
        return {"items": [], "people": []}
    m = t.message.c
    rows = connection.execute(among(with_body(), m.chat_id, m.seq, [(one.chat, one.seq) for one in shown])).all()
    messages = messages_of(connection, account, rows)
    items = [
        w.FoundMessage(
            chat=wire_id(one.chat),
            message=messages[one.chat, one.seq],
            words=[x for x in dict.fromkeys(words_of(messages[one.chat, one.seq].text)) if wanted.means(x)],
        )
        for one in shown
    ]
    return {"items": items, "people": people(connection, {row.author for row in rows})}
