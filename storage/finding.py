"""Questions to the search index, newest first. Decides no right: callers bring the stretches that may be seen.

Each question has a bound: an answer may say "nothing more down to here" instead of walking on. SQLite's entries stand
by chat, so the newest few of a chat come out of FTS5 directly. PostgreSQL's GIN has no order: there the newest stretch
is walked, then GIN is asked for all there is, and only where that is too much the walk goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from . import tables as t
from .search import SEQ_BITS, author_mark, chat_mark, fold, kind_mark, stem, words_of

WORDS_MAX = 10
"""Words of a query that count."""
PREFIX_MIN_CHARS = 2
"""A shorter beginning would find half of everything; both engines have it at hand from here on."""
PROBE_MAX = 2_000
"""Matches that are fetched and sorted whole: a few milliseconds on both engines."""
WALK_FIRST, WALK_MAX = 1_000, 16_000
"""Messages that PostgreSQL looks through for one page of one chat: about 20 ms at most."""
_SEQ_MASK = (1 << SEQ_BITS) - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query, ready for both engines. ``beginning`` is the last word as far as it is typed."""

    stems: tuple[str, ...]
    beginning: str | None
    marks: tuple[str, ...]

    @classmethod
    def of(cls, query: str, author: int | None, kind: str | None) -> Wanted:
        words = words_of(fold(query))[:WORDS_MAX]
        ended = not words or not query or not (query[-1].isalnum())
        beginning = None if ended or len(words[-1]) < PREFIX_MIN_CHARS else words[-1]
        # an id that never was: a mark that nobody has
        marks = [*([author_mark(max(author, 0))] if author is not None else ()), *([kind_mark(kind)] if kind else ())]
        return cls(tuple(map(stem, words)), beginning, tuple(marks))

    @property
    def empty(self) -> bool:
        return not (self.stems or self.marks)

    def fts5(self) -> str:
        parts = [f'"{one}"' for one in (*self.marks, *self.stems)]
        if self.beginning is not None:
            parts[-1] = f'({parts[-1]} OR "{self.beginning}"*)'
        return " AND ".join(parts)

    def tsquery(self, number: int | None) -> str:
        """For ``CAST(… AS tsquery)``; words are letters and digits, so nothing needs quoting but by habit."""
        parts = [f"'{one}'" for one in (*self.marks, *self.stems)]
        if self.beginning is not None:
            parts[-1] = f"({parts[-1]} | '{self.beginning}':*)"
        if number is not None:
            parts.insert(0, f"'{chat_mark(number)}'")
        return " & ".join(parts)

    def means(self, word: str) -> bool:
        """Whether a word of a text is one of those wanted."""
        plain = fold(word)
        found = stem(plain)
        return found in self.stems or (self.beginning is not None and found.startswith(self.beginning))


class Place(NamedTuple):
    """A message."""

    chat: int
    seq: int


class Newest(NamedTuple):
    """``seqs`` descending; ``down_to`` is the seq below which nothing was looked at, None when all was."""

    seqs: list[int]
    down_to: int | None


def everywhere(connection: Connection, wanted: Wanted) -> list[Place] | None:
    """All matches of the house, in no order; None when there are more than ``PROBE_MAX``."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(
            "SELECT rowid FROM search_fts WHERE search_fts MATCH ? LIMIT ?", (wanted.fts5(), PROBE_MAX + 1)
        ).scalars()
        ids = list(found)
        if len(ids) > PROBE_MAX:
            return None
        numbers = {one >> SEQ_BITS for one in ids}
        c = t.search_chat.c
        rows = connection.execute(select(c.number, c.chat_id).where(c.number.in_(numbers)))
        chats = {row.number: row.chat_id for row in rows}
        return [Place(chats[one >> SEQ_BITS], one & _SEQ_MASK) for one in ids]
    probed = _probe(connection, wanted.tsquery(None))
    return None if len(probed) > PROBE_MAX else [Place(chat, seq) for chat, seq in probed]


def newest(
    connection: Connection, wanted: Wanted, chat: int, number: int | None, ranges: Sequence[tuple[int, int]], limit: int
) -> Newest:
    """The newest matches of one chat inside closed ranges of ``seq`` in ascending order.

    ``number`` is the index's own of ``search.chat_numbers``.
    """
    if number is None or not ranges:
        return Newest([], None)
    if connection.dialect.name == "sqlite":
        return _newest_fts5(connection, wanted.fts5(), number, ranges, limit)
    return _newest_gin(connection, wanted.tsquery(number), chat, ranges, limit)


def _newest_fts5(
    connection: Connection, question: str, number: int, ranges: Sequence[tuple[int, int]], limit: int
) -> Newest:
    seqs: list[int] = []
    base = number << SEQ_BITS
    for low, high in reversed(ranges):
        found = connection.exec_driver_sql(
            "SELECT rowid FROM search_fts WHERE search_fts MATCH ? AND rowid BETWEEN ? AND ?"
            " ORDER BY rowid DESC LIMIT ?",
            (question, base | low, base | min(high, _SEQ_MASK), limit - len(seqs)),
        ).scalars()
        seqs.extend(one & _SEQ_MASK for one in found)
        if len(seqs) >= limit:
            break
    return Newest(seqs, None)


_WALK = text(
    "SELECT seq FROM search_row WHERE chat_id = :chat AND seq BETWEEN :low AND :high"
    " AND stems @@ CAST(:question AS tsquery) ORDER BY seq DESC LIMIT :most"
)
_PROBE = text("SELECT chat_id, seq FROM search_row WHERE stems @@ CAST(:question AS tsquery) LIMIT :most")


def _newest_gin(
    connection: Connection, question: str, chat: int, ranges: Sequence[tuple[int, int]], limit: int
) -> Newest:
    top, bottom = ranges[-1][1], ranges[0][0]

    def inside(seq: int) -> bool:
        return any(low <= seq <= high for low, high in ranges)

    seqs: list[int] = []
    width, walked, high = WALK_FIRST, 0, top
    while high >= bottom and walked < WALK_MAX:
        low = max(bottom, high - width + 1)
        rows = connection.execute(
            _WALK, {"chat": chat, "low": low, "high": high, "question": question, "most": width}
        ).scalars()
        seqs.extend(seq for seq in rows if inside(seq))
        walked += high - low + 1
        high = low - 1
        if len(seqs) >= limit:
            return Newest(seqs[:limit], None)
        if width == WALK_FIRST and high >= bottom:
            rest = _probe(connection, question)
            if len(rest) <= PROBE_MAX:
                seqs = sorted((seq for _, seq in rest if inside(seq)), reverse=True)
                return Newest(seqs[:limit], None)
        width *= 2
    return Newest(seqs[:limit], high + 1 if high >= bottom else None)


def _probe(connection: Connection, question: str) -> Sequence[Any]:
    """Up to ``PROBE_MAX + 1`` matches by GIN: the planner would rather read a common stem's table from its start."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    return connection.execute(_PROBE, {"question": question, "most": PROBE_MAX + 1}).all()


_LAST_AT = text(
    """
    WITH RECURSIVE step(chat_id, low, high) AS (
        SELECT id, CAST(0 AS BIGINT), seq FROM chat WHERE id IN :chats
        UNION ALL
        SELECT s.chat_id, CASE WHEN e.ts_ms <= :ts THEN e.seq ELSE s.low END,
               CASE WHEN e.ts_ms <= :ts THEN s.high ELSE e.seq - 1 END
        FROM step s JOIN chat_event e ON e.chat_id = s.chat_id AND e.seq = (s.low + s.high + 1) / 2
        WHERE s.low < s.high
    )
    SELECT chat_id, low FROM step WHERE low >= high
    """
).bindparams(bindparam("chats", expanding=True))


def last_at(connection: Connection, chats: Collection[int], ts: int) -> dict[int, int]:
    """By chat, the greatest seq at or before ``ts``; 0 where all is later.

    Times never run backward inside a chat and ``seq`` has no gap: all chats are bisected in one statement.
    """
    if not chats:
        return {}
    rows = connection.execute(_LAST_AT, {"chats": list(chats), "ts": ts})
    return {row.chat_id: row.low for row in rows}


def hidden_of(connection: Connection, account: int, chats: Collection[int]) -> set[Place]:
    """What the account has hidden for itself in these chats."""
    h = t.hidden.c
    rows = connection.execute(
        select(h.chat_id, h.target_seq).where(h.account_id == account, h.chat_id.in_(list(chats)))
    )
    return {Place(chat, seq) for chat, seq in rows}
