"""What the reading commands cost and give, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, event

from rtserver.wire.types import Message
from storage import tables as t
from storage.ids import parse_id, wire_id
from storage.reading import messages_of, with_body
from tests.house import House

HUB_CUTS_AT_BYTES = 262_144
"""``slow_cut_bytes`` of config.toml."""


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that any engine runs meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_statements_do_not_grow_with_chats(house: House) -> None:
    """Everything bounded: 3 chats or 23, ``chat.list``, ``message.starred`` and ``sync`` ask the same questions."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    counts: list[dict[str, int]] = []
    before = await house.do(student, "chat.list")
    heads: list[dict[str, Any]] = []
    for size in (3, 20):
        for n in range(size):
            chat = await house.group(teacher, [student], f"Г{n}")
            heads.append({"chat": chat, "seq": (await house.do(student, "chat.get", chat=chat)).chat.head})
            posted = await house.do(teacher, "message.post", chat=chat, text=f"в {n}")
            await house.do(student, "message.star", chat=chat, target=posted.seq)
        counted = {}
        for command, fields in (
            ("chat.list", {}),
            ("message.starred", {}),
            ("sync", {"epoch": before.epoch, "account_seq": before.account_seq, "chats": heads}),
        ):
            with statements() as seen:
                answer = await house.do(student, command, **fields)
            counted[command] = len(seen)
        assert [len(delta.events) for delta in answer.chats] == [1] * len(heads)
        counts.append(counted)
    assert counts[0] == counts[1]
    listed = await house.do(student, "chat.list")
    assert {chat.last_message.text for chat in listed.chats} == {f"в {n}" for n in range(20)}
    assert len((await house.do(student, "message.starred", limit=100)).items) == 23


async def test_many_messages_at_once_are_looked_up_by_their_keys(house: House) -> None:
    """Everything bounded: what hangs on messages of 1,200 chats comes in the same statements (SQLite refuses a thousand
    ``OR``), and no statement reads a whole table (it does for a row-value ``IN``).
    """
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    posted = await house.do(teacher, "message.post", chat=chat, text="текст")
    await house.do(student, "message.react", chat=chat, target=posted.seq, emoji="👍")
    await house.do(student, "message.star", chat=chat, target=posted.seq)

    def ask(connection: Connection) -> tuple[dict[tuple[int, int], Message], list[str]]:
        (row,) = connection.execute(with_body().where(t.message.c.seq == posted.seq)).all()
        many = [row, *(SimpleNamespace(**{**row._mapping, "chat_id": number}) for number in range(1, 1_201))]
        with statements() as seen:
            found = messages_of(connection, student, many)
        scans: list[str] = []
        if connection.dialect.name == "sqlite":
            two = "(VALUES (1, 2), (3, 4))"
            for statement in seen:
                plain = re.sub(r"\(VALUES .*?\)\)", two, statement).replace("?", "1")
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {plain}")
                scans += [line.detail for line in plan if re.match(r"SCAN (?!wanted|\d+ CONSTANT)", line.detail)]
        return found, scans

    found, scans = await house.database.read(ask)
    message = found[parse_id(chat), posted.seq]
    assert (message.text, message.starred, len(message.reactions)) == ("текст", True, 1)
    assert len(found) == 1_201
    assert scans == []


async def test_the_last_message_is_the_newest_that_i_may_see(house: House) -> None:
    """Architecture §2: neither one hidden for me nor one of before my time is my last message or among my stars."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    late = await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    seqs = [(await house.do(teacher, "message.post", chat=chat, text=text)).seq for text in ("один", "два")]
    await house.do(student, "message.star", chat=chat, target=seqs[0])
    await house.do(student, "message.star", chat=chat, target=seqs[1])
    await house.do(student, "message.delete", chat=chat, targets=[seqs[1]], scope="me")
    await house.do(teacher, "chat.member.add", chat=chat, accounts=[wire_id(late)])
    assert (await house.do(student, "chat.get", chat=chat)).chat.last_message.text == "один"
    assert (await house.do(late, "chat.get", chat=chat)).chat.last_message is None
    assert [item.message.text for item in (await house.do(student, "message.starred")).items] == ["один"]
    await house.do(teacher, "chat.member.remove", chat=chat, account=wire_id(student))
    assert (await house.do(student, "message.starred")).items == []
    assert await house.refused(student, "message.starred", chat=chat) == "not_member"


async def test_pins_are_the_same_for_every_member(house: House) -> None:
    """Old state plus events: a newcomer hears pins of older messages too, so fetched state names them as well."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    late = await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    seqs = [(await house.do(teacher, "message.post", chat=chat, text=text)).seq for text in ("один", "два")]
    await house.do(student, "message.delete", chat=chat, targets=[seqs[0]], scope="me")
    await house.do(teacher, "chat.member.add", chat=chat, accounts=[wire_id(late)])
    for seq in seqs[::-1]:
        await house.do(teacher, "message.pin", chat=chat, target=seq)
    for who in (teacher, student, late):
        assert (await house.do(who, "chat.get", chat=chat)).chat.pinned_messages == seqs[::-1]


async def test_sync_answers_stay_below_what_cuts_a_receiver(house: House) -> None:
    """hub.md, slow receivers: many short posts, or the own log's entries, are a reset instead of a megabyte."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chats = [await house.group(teacher, [student], f"Г{n}") for n in range(4)]
    before = await house.do(student, "chat.list")
    heads = {state.id: state.head for state in before.chats}
    for chat in chats:
        await asyncio.gather(*(house.do(teacher, "message.post", chat=chat, text=str(n)) for n in range(240)))
    cursors = [{"chat": chat, "seq": heads[chat]} for chat in chats]
    asked = {"epoch": before.epoch, "account_seq": before.account_seq, "chats": cursors}
    synced = await house.do(student, "sync", **asked)
    assert len(msgspec.json.encode(synced)) < HUB_CUTS_AT_BYTES
    resets = [delta.reset for delta in synced.chats]
    assert resets == sorted(resets)
    assert set(resets) == {False, True}
    for delta in synced.chats:
        assert len(delta.events) == (0 if delta.reset else 240)
        assert delta.head == heads[delta.chat] + 240
    until = house.now() + 3_600_000
    await asyncio.gather(*(house.do(student, "chat.mute", chat=chats[0], until=until + n) for n in range(1_100)))
    assert (await house.do(student, "sync", **asked)).reset


async def test_history_around_gives_no_more_than_asked(house: House) -> None:
    """A limit is a limit: ``around`` with 1 gives the message itself, with 2 one more on either side at most."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    seqs = [(await house.do(teacher, "message.post", chat=chat, text=str(n))).seq for n in range(5)]
    for limit, expected in ((1, seqs[2:3]), (2, seqs[2:4]), (3, seqs[2:5]), (4, seqs[1:5])):
        page = await house.do(student, "message.history", chat=chat, around=seqs[2], limit=limit)
        assert [m.seq for m in page.messages] == expected
        assert page.more_before == (expected[0] > seqs[0])
        assert page.more_after == (expected[-1] < seqs[-1])


async def test_contacts_match_the_parts_of_hyphenated_names(house: House) -> None:
    """R-80: «Мария» finds Анна-Мария, «Анна-Ма» too; ё is е; signs of patterns are letters like others."""
    teacher = await house.person("teacher", "7А", name="Пётр")
    anna = await house.person("student", "7А", name="Анна-Мария")
    other = await house.person("student", "7А", name="Ма%рк_")

    async def found(query: str) -> set[int]:
        listed = await house.do(teacher, "people.contacts", query=query)
        return {parse_id(person.id) for person in listed.people}

    assert await found("мария") == await found("Анна-Ма") == await found("ан фам") == {anna}
    assert await found("ма") == {anna, other}
    assert await found("%") == await found("рия") == await found("_") == set()
    assert await found("ма%р") == {other}
    assert await found("") == {anna, other}
