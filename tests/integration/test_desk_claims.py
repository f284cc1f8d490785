"""D20 on the administrator's desk, on both engines."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from storage import auth_tables as a
from storage.ids import wire_id
from tests.school_house import ADULT, CHILD, SchoolHouse

PHONES = [f"+791111111{number:02}" for number in range(10, 20)]


async def test_an_administrator_decides_and_is_recorded(sh: SchoolHouse) -> None:
    """D20, E-14: members and their students' parents are listed, with a masked number; a release takes the number and
    ends the sessions; both ways stand in the journal.
    """
    admin = await sh.member("admin", born=ADULT)
    student = await sh.member("student", "7А", born=CHILD, name="Мария")
    mother = await sh.newcomer("Марина", "Петрова")
    await sh.confirm(mother, await sh.parent_link(student))
    first, second = await sh.claim(student, PHONES[0]), await sh.claim(mother, PHONES[1])
    path = f"/api/schools/{await sh.school_id()}/claims"
    listed = (await sh.get(admin, path))["claims"]
    assert [(one["id"], one["account"], one["name"], one["masked"]) for one in listed] == [
        (first, wire_id(student), "Мария Фамилия", "+7 911 ... 10"),
        (second, wire_id(mother), "Марина Петрова", "+7 911 ... 11"),
    ]
    assert PHONES[0] not in str(listed)
    assert listed[0]["free_at"] - listed[0]["asked"] == 7 * 86_400_000
    await sh.post(admin, f"{path}/{first}", release=True)
    await sh.post(admin, f"{path}/{second}", release=False)
    assert (await sh.get(admin, path))["claims"] == []
    held = await sh.database.read(lambda c: c.execute(select(a.contact.c.address)).scalars().all())
    assert held == [PHONES[1]]
    assert await sh.denied(student, "GET", "/api/profile") == "session_ended"
    assert (await sh.get(mother, "/api/profile"))["first_name"] == "Марина"
    entries = (await sh.get(admin, f"/api/schools/{await sh.school_id()}/journal"))["entries"]
    assert [(one["action"], one["target"]) for one in entries[:2]] == [
        ("contact.kept", wire_id(mother)),
        ("contact.released", wire_id(student)),
    ]
    assert PHONES[0] not in str(entries)


async def test_other_schools_claims_are_unknown(sh: SchoolHouse) -> None:
    """E-14: neither listed nor decided, under the own school's address or the other's; not by the old door either."""
    admin, stranger = await sh.member("admin", born=ADULT), await sh.newcomer()
    other_admin = await sh.member("admin", school="Другая", born=ADULT)
    head = await sh.member("class_teacher", "7А", born=ADULT)
    claim = await sh.claim(await sh.member("student", "7А"), PHONES[0])
    alone = await sh.claim(stranger, PHONES[1])
    school, other = await sh.school_id(), await sh.school_id("Другая")
    assert (await sh.get(other_admin, f"/api/schools/{other}/claims"))["claims"] == []
    for who, path, code in (
        (other_admin, f"/api/schools/{other}/claims/{claim}", "claim_unknown"),
        (other_admin, f"/api/schools/{school}/claims/{claim}", "not_in_school"),
        (admin, f"/api/schools/{school}/claims/{alone}", "claim_unknown"),
        (head, f"/api/schools/{school}/claims/{claim}", "school_admin_only"),
        (admin, f"/api/auth/claims/{claim}", "claim_unknown"),
    ):
        assert await sh.denied(who, "POST", path, release=True) == code
    assert len((await sh.get(admin, f"/api/schools/{school}/claims"))["claims"]) == 1


async def test_two_who_decide_at_once(sh: SchoolHouse) -> None:
    """One decision stands; the other is told that there is nothing to decide any more."""
    admin, owner = await sh.member("admin", born=ADULT), await sh.member("student", "7А")
    claim, school = await sh.claim(owner, PHONES[0]), await sh.school_id()
    answers = await asyncio.gather(
        sh.http(admin, "POST", f"/api/schools/{school}/claims/{claim}", {"release": False}),
        sh.http(owner, "POST", f"/api/auth/claims/{claim}", {"release": False}),
    )
    assert sorted(status for status, _ in answers) == [200, 404]
