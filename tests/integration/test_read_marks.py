"""Read marks: exact at once for every device of the account, written seldom, never lost by a stop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import Connection, select

from rtserver.chat.rules import ChatLimits
from rtserver.wire.chat import ReadMoved
from storage import tables as t
from storage.db import Database
from storage.ids import parse_id, wire_id
from tests.house import House

NEVER_MS = 1_000_000_000


@pytest_asyncio.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """One that writes read marks when it is asked to, and when it stops."""
    built = House(database, ChatLimits(read_marks_ms=NEVER_MS))
    built.service.start()
    yield built
    await built.service.close()


async def stored(house: House, account: int) -> list[int]:
    def ask(connection: Connection) -> list[int]:
        v = t.chat_view.c
        return list(connection.execute(select(v.read_seq).where(v.account_id == account)).scalars())

    return await house.database.read(ask)


async def test_marks_are_exact_at_once_and_written_later(house: House) -> None:
    """E-3, architecture §2: told at once, seen by every read and every count, one row written for many moves."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat, other = await house.group(teacher, [student]), await house.group(teacher, [student])
    seqs = [(await house.do(teacher, "message.post", chat=chat, text=str(n))).seq for n in range(6)]
    await house.do(teacher, "message.post", chat=other, text="ещё")
    before = await house.do(student, "chat.list")
    for n, seq in enumerate(seqs[:4]):
        told = len(house.told)
        result = await house.do(student, "message.read", chat=chat, seq=seq)
        assert (result.read_seq, result.unread) == (seq, 5 - n)
        assert [h.event for h in house.told[told:]] == [ReadMoved(chat=chat, read_seq=seq, unread=5 - n)]
        assert (await house.do(student, "message.read", chat=chat, seq=seqs[0])).read_seq == seq
    assert await stored(house, student) == [], "nothing is written yet"
    state = (await house.do(student, "chat.get", chat=chat)).chat
    assert (state.view.read_seq, state.unread) == (seqs[3], 2)
    listed = {c.id: c.unread for c in (await house.do(student, "chat.list")).chats}
    assert listed == {chat: 2, other: 1}
    synced = await house.do(student, "sync", epoch=before.epoch, account_seq=before.account_seq)
    assert {r.chat: (r.read_seq, r.unread) for r in synced.reads}[chat] == (seqs[3], 2)
    await house.do(student, "message.delete", chat=chat, targets=[seqs[4]], scope="me")
    assert house.told[-1].event.unread == 1
    await house.do(student, "chat.mark_unread", chat=chat)
    assert house.told[-1].event.view.read_seq == seqs[3]
    assert await stored(house, student) == [0]
    await house.service.write_marks()
    assert await stored(house, student) == [seqs[3]]
    assert (await house.do(student, "chat.get", chat=chat)).chat.unread == 1
    assert (await house.do(student, "chat.mark_read", chat=chat)).unread == 0
    assert not (await house.do(student, "chat.get", chat=chat)).chat.view.marked_unread
    assert (await house.do(teacher, "chat.get", chat=chat)).chat.view.read_seq == 0, "R-97: mine alone"


async def test_a_stop_writes_what_waits_and_never_moves_back(house: House, database: Database) -> None:
    """E-3: after a restart the marks stand; a mark held here does not undo a greater one written elsewhere."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chats = [await house.group(teacher, [student]) for _ in range(2)]
    seqs = [(await house.do(teacher, "message.post", chat=chat, text="а")).seq for chat in chats]
    for chat, seq in zip(chats, seqs, strict=True):
        await house.do(student, "message.read", chat=chat, seq=seq)
    elsewhere = t.chat_view.insert().values(account_id=student, chat_id=parse_id(chats[0]), read_seq=99)
    await database.write(lambda connection: connection.execute(elsewhere).rowcount)
    await house.service.close()
    again = House(database)
    again.service.start()
    states = {c.id: c for c in (await again.do(student, "chat.list")).chats}
    assert [states[chat].view.read_seq for chat in chats] == [99, seqs[1]]
    assert [states[chat].unread for chat in chats] == [0, 0]
    await again.service.close()


async def test_marks_of_one_batch_see_each_other(house: House) -> None:
    """E-3: two devices read at the same moment; the mark is the greater one, each answer says what stands."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    seqs = [(await house.do(teacher, "message.post", chat=chat, text=str(n))).seq for n in range(3)]
    answers = await house_gather(house, student, chat, [seqs[1], seqs[2], seqs[0]])
    assert answers == [(seqs[1], 1), (seqs[2], 0), (seqs[2], 0)]
    moved = [h.event.read_seq for h in house.told if isinstance(h.event, ReadMoved)]
    assert moved == seqs[1:]
    assert wire_id(student) in {h.stream.partition(":")[2] for h in house.told if isinstance(h.event, ReadMoved)}


async def house_gather(house: House, account: int, chat: str, seqs: list[int]) -> list[tuple[int, int]]:
    import asyncio

    results = await asyncio.gather(*(house.do(account, "message.read", chat=chat, seq=seq) for seq in seqs))
    return [(r.read_seq, r.unread) for r in results]
