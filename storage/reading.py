"""Reads of chats: rows to wire values in bounded numbers of statements. Decides no right: callers bring the sight."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    column,
    false,
    or_,
    select,
    values,
)

from rtserver.wire.chat import AccountEvent, ChatEvent
from rtserver.wire.types import Forwarded, Message, Person, Reaction

from . import tables as t
from .attachments import attachments_of
from .events import EVERYBODY, POSTED, WORDED, account_event, chat_event, holds_files, mentions_of
from .ids import wire_id
from .keys import among

Ranges = Sequence[tuple[int, int]]


def within(column: ColumnElement[int], ranges: Ranges) -> ColumnElement[bool]:
    """``column`` inside any of the closed ranges."""
    if not ranges:
        return false()
    return or_(*(and_(column >= low, column <= high) for low, high in ranges))


def visible(account: int) -> ColumnElement[bool]:
    """A row of ``message`` inside the account's intervals that it has not hidden; for questions over several chats."""
    m, h, seq = t.membership.c, t.hidden.c, t.message.c.seq
    return and_(
        select(m.chat_id)
        .where(
            m.chat_id == t.message.c.chat_id,
            m.account_id == account,
            m.from_seq <= seq,
            or_(m.to_seq.is_(None), m.to_seq >= seq),
        )
        .correlate(t.message)
        .exists(),
        ~select(h.target_seq)
        .where(h.account_id == account, h.chat_id == t.message.c.chat_id, h.target_seq == seq)
        .correlate(t.message)
        .exists(),
    )


def with_body() -> Select[Any]:
    """Messages with their present text."""
    b, m = t.message_body.c, t.message.c
    return select(t.message, b.body).outerjoin(t.message_body, and_(b.chat_id == m.chat_id, b.seq == m.body_seq))


def message_rows(account: int, chat: int, ranges: Ranges) -> Select[Any]:
    """Messages of one chat in the ranges that the account has not hidden, with their present text."""
    hidden = and_(
        t.hidden.c.account_id == account,
        t.hidden.c.chat_id == t.message.c.chat_id,
        t.hidden.c.target_seq == t.message.c.seq,
    )
    return (
        with_body()
        .outerjoin(t.hidden, hidden)
        .where(t.message.c.chat_id == chat, within(t.message.c.seq, ranges), t.hidden.c.target_seq.is_(None))
    )


def last_messages(connection: Connection, account: int, chats: Sequence[int]) -> Sequence[Row[Any]]:
    """The newest visible message of each chat: one indexed look-up a chat, ended at its first row, in one statement."""
    m = t.message.c
    newest = (
        select(m.seq)
        .where(m.chat_id == t.chat.c.id, visible(account))
        .order_by(m.seq.desc())
        .limit(1)
        .correlate(t.chat)
        .scalar_subquery()
    )
    return connection.execute(
        with_body().join(t.chat, and_(t.chat.c.id == m.chat_id, m.seq == newest)).where(t.chat.c.id.in_(chats))
    ).all()


def starred_messages(connection: Connection, account: int, chat: int | None, limit: int) -> Sequence[Row[Any]]:
    """Visible messages that the account starred in chats it is in, newest mark first."""
    s, m = t.star.c, t.membership.c
    present = select(m.chat_id).where(m.account_id == account, m.to_seq.is_(None))
    query = (
        with_body()
        .join(t.star, and_(s.chat_id == t.message.c.chat_id, s.target_seq == t.message.c.seq))
        .where(s.account_id == account, s.chat_id.in_(present), visible(account))
        .order_by(s.starred_ms.desc(), s.target_seq.desc())
        .limit(limit)
    )
    return connection.execute(query if chat is None else query.where(s.chat_id == chat)).all()


def messages_of(connection: Connection, account: int, rows: Sequence[Row[Any]]) -> dict[tuple[int, int], Message]:
    """Wire messages by ``(chat, seq)``: reactions, stars and mentions of all rows in three statements."""
    keys = [(row.chat_id, row.seq) for row in rows]
    if not keys:
        return {}
    reactions: dict[tuple[int, int], dict[str, list[str]]] = defaultdict(dict)
    r, s = t.reaction.c, t.star.c
    for chat, seq, emoji, who in connection.execute(
        among(select(r.chat_id, r.target_seq, r.emoji, r.account_id), r.chat_id, r.target_seq, keys).order_by(r.seq)
    ):
        reactions[chat, seq].setdefault(emoji, []).append(wire_id(who))
    files = attachments_of(connection, keys)
    starred = {
        (chat, seq)
        for chat, seq in connection.execute(
            among(select(s.chat_id, s.target_seq).where(s.account_id == account), s.chat_id, s.target_seq, keys)
        )
    }
    mentioned: dict[tuple[int, int], list[int]] = defaultdict(list)
    n = t.mention.c
    for chat, seq, who in connection.execute(among(select(n.chat_id, n.seq, n.account_id), n.chat_id, n.seq, keys)):
        mentioned[chat, seq].append(who)
    return {
        key: Message(
            seq=row.seq,
            author=wire_id(row.author),
            ts=row.ts_ms,
            text="" if row.deleted_ms is not None else row.body or "",
            nonce=row.nonce,
            post_no=row.post_no,
            reply_to=row.reply_to,
            forwarded=forwarded_of(row),
            edited_ts=row.edited_ms if row.deleted_ms is None else None,
            deleted=row.deleted_ms is not None,
            # by emoji: after a removal no client could know which of two was first
            reactions=[Reaction(emoji=e, accounts=who) for e, who in sorted(reactions[key].items())],
            starred=key in starred,
            files=files.get(key, []),
            mentions=mentions_of(mentioned[key]),
            mentions_all=EVERYBODY in mentioned[key],
        )
        for key, row in zip(keys, rows, strict=True)
    }


def forwarded_of(row: Any) -> Forwarded | None:
    if row.forwarded_name is None:
        return None
    author = None if row.forwarded_author is None else wire_id(row.forwarded_author)
    return Forwarded(author=author, author_name=row.forwarded_name, ts=row.forwarded_ms)


def chat_events(connection: Connection, chat: int, ranges: Ranges, limit: int) -> list[ChatEvent]:
    """The log's events in the ranges, in order, with the words that still stand."""
    with closing(events_of(connection, [(chat, *r) for r in ranges])) as events:
        return [event for _, event in itertools.islice(events, limit)]


def events_of(
    connection: Connection, stretches: Sequence[tuple[int, int, int]]
) -> Generator[tuple[int, ChatEvent], None, None]:
    """``(chat, event)`` of all ``(chat, first, last)`` stretches of logs, by chat and seq, in one statement.

    Read 500 rows at a time: who has enough stops, and the rest is never loaded.
    """
    if not stretches:
        return
    e, b, m = t.chat_event.c, t.message_body.c, t.message.c
    k = (
        values(column("chat_id", BigInteger), column("low", BigInteger), column("high", BigInteger), name="stretch")
        .data(list(stretches))
        .cte("wanted")
    )
    wanted = k.c
    rows = connection.execute(
        select(t.chat_event, b.body, m.forwarded_author, m.forwarded_name, m.forwarded_ms)
        .select_from(k)
        .join(t.chat_event, and_(e.chat_id == wanted.chat_id, e.seq >= wanted.low, e.seq <= wanted.high))
        .outerjoin(t.message_body, and_(b.chat_id == e.chat_id, b.seq == e.seq))
        .outerjoin(t.message, and_(m.chat_id == e.chat_id, m.seq == e.seq))
        .order_by(e.chat_id, e.seq)
        .execution_options(yield_per=500)
    )
    with rows:
        for page in rows.partitions():
            files = attachments_of(connection, [(row.chat_id, row.seq) for row in page if holds_files(row)])
            for row in page:
                body = row.body if row.kind in WORDED else None
                forwarded = forwarded_of(row) if row.kind == POSTED else None
                yield row.chat_id, chat_event(row, body, forwarded, files.get((row.chat_id, row.seq), ()))


def account_events(connection: Connection, account: int, after: int, limit: int) -> list[AccountEvent]:
    a = t.account_event.c
    rows = connection.execute(
        select(t.account_event).where(a.account_id == account, a.seq > after).order_by(a.seq).limit(limit)
    )
    return [account_event(row) for row in rows]


def account_log(connection: Connection, account: int) -> tuple[int, int]:
    """Head of the account's log and the oldest entry still kept (head + 1 when none)."""
    head = connection.execute(select(t.account.c.seq).where(t.account.c.id == account)).scalar_one()
    a = t.account_event.c
    first = connection.execute(select(a.seq).where(a.account_id == account).order_by(a.seq).limit(1)).scalar()
    return head, head + 1 if first is None else first


def people(connection: Connection, accounts: Collection[int]) -> list[Person]:
    """Names and roles of accounts; those that do not exist are left out."""
    wanted = list(set(accounts))
    if not wanted:
        return []
    roles: dict[int, list[Any]] = defaultdict(list)
    s = t.school_role.c
    for who, role in connection.execute(
        select(s.account_id, s.role).where(s.account_id.in_(wanted), s.until_ms.is_(None)).order_by(s.id)
    ):
        if role not in roles[who]:
            roles[who].append(role)
    a = t.account.c
    return [
        Person(
            id=wire_id(row.id),
            name=f"{row.first_name} {row.last_name}".strip(),
            short_name=row.first_name,
            roles=roles[row.id],
        )
        for row in connection.execute(
            select(a.id, a.first_name, a.last_name).where(a.id.in_(wanted)).order_by(a.last_name, a.first_name)
        )
    ]


def fellows(connection: Connection, account: int, others: Iterable[int]) -> set[int]:
    """Those of ``others`` who are or were in a chat together with the account, at the same time."""
    mine, theirs = t.membership.alias(), t.membership.alias()
    return set(
        connection.execute(
            select(theirs.c.account_id)
            .select_from(theirs.join(mine, mine.c.chat_id == theirs.c.chat_id))
            .where(
                mine.c.account_id == account,
                theirs.c.account_id.in_(list(others)),
                or_(mine.c.to_seq.is_(None), theirs.c.from_seq <= mine.c.to_seq),
                or_(theirs.c.to_seq.is_(None), mine.c.from_seq <= theirs.c.to_seq),
            )
            .distinct()
        ).scalars()
    )


def epoch(connection: Connection) -> str:
    """The random word that a restore changes: cursors of another epoch are worthless (architecture §2)."""
    return str(connection.execute(select(t.instance.c.value).where(t.instance.c.key == "epoch")).scalar_one())
