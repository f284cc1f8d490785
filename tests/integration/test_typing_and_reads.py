"""Typing and read receipts (E-4), on SQLite and on PostgreSQL."""

from __future__ import annotations

from sqlalchemy import update

from rtserver.wire.presence import ReadMark, ReadsMoved, TypingTold
from storage import tables as t
from storage.ids import wire_id
from tests.house import House


async def test_typing_is_told_once_in_three_seconds(house: House) -> None:
    """E-4, D17: to the chat, never oftener; strangers, the blocked and who may not write are not seen typing."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    stranger, parent = await house.person("student", "7А", school="Чужая"), await house.person("parent")
    other = await house.person("student", "7Б")
    chat = await house.group(teacher, [student])
    house.told.clear()
    for _ in range(10):
        await house.do(student, "presence.typing", chat=chat)
    assert [(h.stream, h.seq, h.event) for h in house.told] == [
        (f"chat:{chat}", 0, TypingTold(chat=chat, account=wire_id(student)))
    ]
    house.shift_ms += 3_000
    await house.do(student, "presence.typing", chat=chat)
    await house.do(teacher, "presence.typing", chat=chat)
    assert len(house.told) == 3
    for outsider in (stranger, parent, other):
        assert await house.refused(outsider, "presence.typing", chat=chat) == "not_member"
    await house.do(teacher, "chat.update", chat=chat, write_policy="staff")
    house.shift_ms += 3_000
    assert await house.refused(student, "presence.typing", chat=chat) == "chat_read_only"
    direct = await house.direct(student, teacher)

    def block(connection: object) -> None:
        row = {"account_id": teacher, "blocked_id": student, "created_ms": 0}
        connection.execute(t.block.insert().values(row))  # type: ignore[attr-defined] # what ``write`` gives

    await house.database.write(block)
    assert await house.refused(student, "presence.typing", chat=direct) == "blocked"
    assert len([h for h in house.told if isinstance(h.event, TypingTold)]) == 3


async def test_who_has_read(house: House) -> None:
    """E-4: exact at once, told to small chats with the writing of the marks; a chat of over 100 hears nothing."""
    teacher = await house.person("teacher", "7А")
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    stranger = await house.person("student", "7А", school="Чужая")
    chat = await house.group(teacher, [masha, kolya])
    first = (await house.do(teacher, "message.post", chat=chat, text="раз")).seq
    second = (await house.do(teacher, "message.post", chat=chat, text="два")).seq
    await house.do(masha, "message.read", chat=chat, seq=second)
    await house.do(kolya, "message.read", chat=chat, seq=first)
    marks = {(wire_id(masha), second), (wire_id(kolya), first)}
    reads = (await house.do(teacher, "chat.reads", chat=chat)).reads
    assert {(one.account, one.read_seq) for one in reads} == marks
    house.told.clear()
    await house.service.write_marks()
    told = [h for h in house.told if isinstance(h.event, ReadsMoved)]
    assert [(h.stream, h.seq) for h in told] == [(f"chat:{chat}", 0)]
    assert {(one.account, one.read_seq) for one in told[0].event.reads} == marks
    reads = (await house.do(masha, "chat.reads", chat=chat)).reads
    assert reads == [ReadMark(account=wire_id(kolya), read_seq=first)], "one's own is left out"
    assert await house.refused(stranger, "chat.reads", chat=chat) == "not_member"
    assert await house.refused(stranger, "chat.reads", chat="1") == "chat_unknown"
    await house.database.write(lambda c: c.execute(update(t.chat).values(members_count=101)))
    assert (await house.do(teacher, "chat.reads", chat=chat)).reads == []
    house.told.clear()
    await house.do(kolya, "message.read", chat=chat, seq=second)
    await house.do(kolya, "presence.typing", chat=chat)
    await house.service.write_marks()
    assert not [h for h in house.told if isinstance(h.event, ReadsMoved | TypingTold)]
