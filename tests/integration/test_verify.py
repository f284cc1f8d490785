"""``rtserver verify`` names every way in which the tables can stop saying what the logs say."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, delete, update

from storage import tables as t
from storage.ids import parse_id, wire_id
from storage.verify import verify
from tests.house import House

b, e, m, a = t.message_body.c, t.chat_event.c, t.message.c, t.account_event.c

SPOILED: dict[str, tuple[Any, str]] = {
    "a text erased without an event": (delete(t.message_body).where(b.body == "третье"), "nobody deleted it"),
    "a changed text": (update(t.message_body).where(b.body == "третье").values(body="подмена"), "was altered"),
    "a text under a deleted message": (None, "or deleted it"),
    "a changed entry": (update(t.chat_event).where(e.seq == 5).values(actor=1), "entry 5 was altered"),
    "a missing entry": (delete(t.chat_event).where(e.seq == 4), "4 is missing before 5"),
    "a missing last entry": (delete(t.chat_event).where(e.seq == 14), "the log ends at 13"),
    "a missing message": (delete(t.message).where(m.seq == 4), "message 4 is missing"),
    "another author": (update(t.message).where(m.seq == 4).values(author=1), "message 4 was altered"),
    "another time": (update(t.message).where(m.seq == 4).values(ts_ms=1), "message 4 was altered"),
    "another number": (update(t.message).where(m.seq == 4).values(post_no=77), "message 4 was altered"),
    "another text pointer": (update(t.message).where(m.seq == 4).values(body_seq=6), "message 4 was altered"),
    "a message made deleted": (update(t.message).where(m.seq == 4).values(deleted_ms=1), "message 4 was altered"),
    "a message made living": (update(t.message).where(m.seq == 5).values(deleted_ms=None), "message 5 was altered"),
    "a lost pin": (delete(t.chat_pin), "pin 4 is missing"),
    "a lost reaction": (delete(t.reaction), "reaction (4, '👍'"),
    "a foreign reaction": (
        update(t.reaction).values(account_id=7),
        "is in no log",
    ),
    "an ended membership": (
        update(t.membership).where(t.membership.c.role == "admin").values(to_seq=5),
        "was altered",
    ),
    "a promoted member": (
        update(t.membership).where(t.membership.c.role == "member").values(role="admin"),
        "was altered",
    ),
    "another title": (update(t.chat).values(title="Чужой"), "another title"),
    "another member count": (update(t.chat).values(members_count=99), "another number of members"),
    "another count of posts": (update(t.chat).values(post_no=99), "its head says 99"),
    "a lost search entry": (delete(t.search_row).where(t.search_row.c.seq == 6), "search entry 6 is missing"),
    "an emptied account log": (delete(t.account_event), "log has a gap or ends before its head"),
    "a gap in an account log": (delete(t.account_event).where(a.seq == 2), "log has a gap"),
    "a deleted chat": (delete(t.chat), "but the chat is gone"),
}


@pytest.mark.parametrize("what", SPOILED)
async def test_verify_names(house: House, what: str) -> None:
    """Goals, "provable delivery"; D8: each spoiled row is found, and an unspoiled history has no fault."""
    teacher = await house.person("teacher", "7А")
    student, late = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    seqs = [
        (await house.do(student, "message.post", chat=chat, text=text)).seq for text in ("первое", "второе", "третье")
    ]
    assert seqs == [4, 5, 6]
    await house.do(student, "message.edit", chat=chat, target=4, text="первое!")
    await house.do(student, "message.edit", chat=chat, target=5, text="второе!")
    await house.do(teacher, "message.pin", chat=chat, target=4)
    await house.do(teacher, "message.react", chat=chat, target=4, emoji="👍")
    await house.do(teacher, "message.delete", chat=chat, targets=[5], scope="everyone")
    await house.do(teacher, "chat.member.add", chat=chat, accounts=[wire_id(late)])
    await house.do(teacher, "chat.member.remove", chat=chat, account=wire_id(late))
    await house.do(teacher, "chat.update", chat=chat, title="Новое имя", pin_policy="everyone")
    await house.do(student, "chat.pin", chat=chat)
    assert (await house.database.read(verify)).faults == []
    statement, expected = SPOILED[what]
    if statement is None:  # the text of the deleted post, put back
        statement = t.message_body.insert().values(chat_id=parse_id(chat), seq=5, salt=bytes(16), body="второе")

    def spoil(connection: Connection) -> int:
        return connection.execute(statement).rowcount

    assert await house.database.write(spoil) > 0
    faults = (await house.database.read(verify)).faults
    assert any(expected in fault for fault in faults), faults
