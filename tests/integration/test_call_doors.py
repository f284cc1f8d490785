"""Who may start, enter and end calls, by the real access rules on both engines."""

from __future__ import annotations

from rtserver.chat.calling import CallDoors
from rtserver.wire.errors import AppError
from storage.ids import parse_id
from tests.integration.test_every_door import people
from tests.school_house import SchoolHouse


async def code(doing: object) -> str:
    try:
        await doing
    except AppError as refusal:
        return refusal.code
    return ""


async def test_teachers_start_a_class_call_and_its_members_enter(sh: SchoolHouse) -> None:
    """R-98, R-106, D17: a student cannot start the class's call, but enters it; outsiders, parents and administrators
    of the school who are not in the class cannot.
    """
    who = await people(sh)
    head, student, parent, admin = (who[name] for name in ("head", "student", "parent", "admin"))
    assert None not in {head, student, parent, admin}
    await sh.decide(head, await sh.apply(await sh.newcomer(), await sh.invite(head, "7А")))
    chat = parse_id(next(c.id for c in (await sh.do(head, "chat.list")).chats if c.kind == "class"))
    doors = CallDoors(sh.database)
    assert await code(doors.may_start(head, chat)) == ""
    assert await code(doors.may_start(student, chat)) == "call_start_not_allowed"
    assert await code(doors.may_enter(student, chat)) == ""
    assert await code(doors.may_end(student, chat, head)) == "call_end_not_allowed"
    assert await code(doors.may_end(head, chat, head)) == ""
    assert await doors.leads(head, chat)
    assert not await doors.leads(student, chat)
    for stranger in (parent, admin):
        assert await code(doors.may_enter(stranger, chat)) == "not_member"
        assert await code(doors.may_start(stranger, chat)) == "not_member"


async def test_a_block_closes_the_direct_call(sh: SchoolHouse) -> None:
    """R-81, D17: blocked people cannot call each other."""
    who = await people(sh)
    student, classmate = who["student"], who["classmate"]
    assert student is not None
    assert classmate is not None
    made = await sh.do(student, "chat.create", kind="direct", members=[str(classmate)])
    chat = parse_id(made.chat)
    doors = CallDoors(sh.database)
    assert await code(doors.may_start(classmate, chat)) == ""
    status, _ = await sh.http(student, "POST", f"/api/blocks/{classmate}", {})
    assert status == 200
    assert await code(doors.may_start(classmate, chat)) == "blocked"
    assert await code(doors.may_start(student, chat)) == "blocked_by_you"
