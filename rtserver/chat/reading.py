"""Every reading command of chats. Each asks the sight of the asker first; nothing here changes a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from rtserver.actor import Actor, Handler
from rtserver.school.relations import contacts, findable
from rtserver.wire import chat as w
from rtserver.wire import search as ws
from rtserver.wire.files import MessageAttachments
from rtserver.wire.reports import ReportList
from rtserver.wire.sync import Sync
from rtserver.wire.types import Member, Person
from storage import tables as t
from storage.db import Database
from storage.ids import parse_id, wire_id
from storage.reading import account_log, epoch, fellows, message_rows, messages_of, people, starred_messages
from storage.search import fold

from .gallery import list_attachments
from .links import TIMED_READS, TimedRead
from .loads import pins_of
from .marks import ReadMarks
from .reports import list_reports
from .resume import SyncLimits, synchronise
from .search import message_at, search
from .states import load_sights, load_states, require_sight

_HYPHEN = re.compile("[-\u2010\u2011\u2013]")
"""The hyphens that people and phones write."""

Read = Callable[[Connection, int, Any], w.Result]
MarkedRead = Callable[[Connection, int, Any, Mapping[int, int]], w.Result]


def list_chats(connection: Connection, account: int, _: w.ChatList, marks: Mapping[int, int]) -> w.ChatListed:
    sights = load_sights(connection, account)
    states, named = load_states(connection, account, sights, marks)
    return w.ChatListed(
        chats=states,
        pins=[wire_id(chat) for chat in pins_of(connection, account)],
        people=people(connection, {account, *named}),
        account_seq=account_log(connection, account)[0],
        epoch=epoch(connection),
    )


def get_chat(connection: Connection, account: int, command: w.ChatGet, marks: Mapping[int, int]) -> w.ChatGot:
    chat = parse_id(command.chat)
    sight = require_sight(connection, account, chat)
    states, named = load_states(connection, account, {chat: sight}, marks)
    return w.ChatGot(chat=states[0], people=people(connection, {account, *named}))


def list_members(connection: Connection, account: int, command: w.ChatMembers) -> w.ChatMembersListed:
    chat = parse_id(command.chat)
    require_sight(connection, account, chat)
    m = t.membership.c
    rows = connection.execute(
        select(m.account_id, m.role).where(m.chat_id == chat, m.to_seq.is_(None)).order_by(m.account_id)
    ).all()
    return w.ChatMembersListed(
        members=[Member(account=wire_id(who), role=role) for who, role in rows],
        people=people(connection, [who for who, _ in rows]),
    )


def history(connection: Connection, account: int, command: w.MessageHistory) -> w.MessageHistoryPage:
    """Messages as they stand; ``around`` splits the limit over both sides of the target, the target included."""
    chat = parse_id(command.chat)
    sight = require_sight(connection, account, chat)
    head = connection.execute(select(t.chat.c.seq).where(t.chat.c.id == chat)).scalar_one()
    limit = command.limit
    rows: list[Any]
    if command.around is not None:
        half = max(1, limit // 2)
        older, more_before = _page(connection, account, chat, sight.ranges(0, command.around), half, newest=True)
        newer, more_after = _page(
            connection, account, chat, sight.ranges(command.around, head), limit - half, newest=False
        )
        rows = older + newer
    elif command.after is not None:
        rows, more_after = _page(connection, account, chat, sight.ranges(command.after, head), limit, newest=False)
        older, _ = _page(connection, account, chat, sight.ranges(0, command.after), 1, newest=True)
        more_before = bool(older)
    else:
        upto = head if command.before is None else command.before - 1
        rows, more_before = _page(connection, account, chat, sight.ranges(0, upto), limit, newest=True)
        newer, _ = _page(connection, account, chat, sight.ranges(upto, head), 1, newest=False)
        more_after = bool(newer)
    found = messages_of(connection, account, rows)
    return w.MessageHistoryPage(
        messages=[found[chat, row.seq] for row in rows],
        as_of=head,
        more_before=more_before,
        more_after=more_after,
        people=people(connection, {row.author for row in rows}),
    )


def _page(
    connection: Connection, account: int, chat: int, ranges: list[tuple[int, int]], limit: int, *, newest: bool
) -> tuple[list[Any], bool]:
    """Up to ``limit`` rows in order from one end of the ranges, and whether there are more."""
    seq = t.message.c.seq
    query = message_rows(account, chat, ranges).order_by(seq.desc() if newest else seq).limit(limit + 1)
    rows = list(connection.execute(query))
    more = len(rows) > limit
    rows = rows[:limit]
    return (rows[::-1] if newest else rows), more


def starred(connection: Connection, account: int, command: w.MessageStarred) -> w.MessageStarredPage:
    """The own important messages, newest mark first; those of chats left or hidden are not shown."""
    chat = None if command.chat is None else parse_id(command.chat)
    if chat is not None:
        require_sight(connection, account, chat)
    rows = starred_messages(connection, account, chat, command.limit)
    found = messages_of(connection, account, rows)
    return w.MessageStarredPage(
        items=[w.StarredMessage(chat=wire_id(r.chat_id), message=found[r.chat_id, r.seq]) for r in rows],
        people=people(connection, {row.author for row in rows}),
    )


def get_people(connection: Connection, account: int, command: w.PeopleGet) -> w.PeopleListed:
    """Fellow members and those whom D17 lets the asker find; nothing tells whether others exist (E-14)."""
    asked = {parse_id(one) for one in command.accounts}
    allowed = fellows(connection, account, asked) | findable(connection, account, asked) | (asked & {account})
    return w.PeopleListed(people=people(connection, allowed))


def find_contacts(connection: Connection, account: int, command: w.PeopleContacts) -> w.PeopleListed:
    """Prefix of any part of the name, also of a hyphenated one; ё as е, any case."""
    wanted = fold(command.query).split()
    reachable = contacts(connection, account, wanted)
    found = [person for person in people(connection, reachable) if _matches(person, wanted)]
    return w.PeopleListed(people=found[: command.limit])


def _matches(person: Person, wanted: Iterable[str]) -> bool:
    whole = fold(person.name).split()
    parts = [*whole, *(part for name in whole for part in _HYPHEN.split(name)[1:])]
    return all(any(part.startswith(prefix) for part in parts) for prefix in wanted)


READS: dict[type[w.Command], Read] = {
    w.ChatMembers: list_members,
    w.MessageHistory: history,
    w.MessageStarred: starred,
    ws.MessageSearch: search,
    ws.MessageAtDate: message_at,
    MessageAttachments: list_attachments,
    ReportList: list_reports,
    w.PeopleGet: get_people,
    w.PeopleContacts: find_contacts,
}


MARKED: dict[type[w.Command], MarkedRead] = {w.ChatList: list_chats, w.ChatGet: get_chat}
"""Reads that show read marks and unread counts."""


class ChatReader:
    """Binds the reading commands to a database, and to the read marks that wait to be stored in it."""

    def __init__(
        self, database: Database, clock: Callable[[], int], marks: ReadMarks, limits: SyncLimits | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._marks = marks
        self._limits = limits or SyncLimits()

    def handlers(self) -> dict[type[w.Command], Handler]:
        bound: dict[type[w.Command], Handler] = {command: self._bind(read) for command, read in READS.items()}
        bound |= {command: self._bind_marked(read) for command, read in MARKED.items()}
        bound |= {command: self._bind_timed(read) for command, read in TIMED_READS.items()}
        bound[Sync] = self._bind_marked(
            lambda connection, account, command, marks: synchronise(
                connection, account, command, self._clock(), self._limits, marks
            )
        )
        return bound

    def _bind(self, read: Read) -> Handler:
        async def handle(actor: Actor, command: w.Command) -> w.Result:
            return await self._database.read(lambda connection: read(connection, actor.account, command))

        return handle

    def _bind_timed(self, read: TimedRead) -> Handler:
        async def handle(actor: Actor, command: w.Command) -> w.Result:
            now = self._clock()
            result: w.Result = await self._database.read(lambda c: read(c, actor.account, command, now))
            return result

        return handle

    def _bind_marked(self, read: MarkedRead) -> Handler:
        async def handle(actor: Actor, command: w.Command) -> w.Result:
            marks = self._marks.of(actor.account)  # before the snapshot, see ReadMarks.of
            return await self._database.read(lambda connection: read(connection, actor.account, command, marks))

        return handle
