"""What insiders try: ids of other schools and people, doors of a held child, two processes at once. On both engines."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from storage import tables as t
from storage.db import Database
from storage.ids import wire_id
from tests.school_house import ADULT, CHILD, TEEN, SchoolHouse, s


async def test_ids_of_another_school_open_nothing_under_the_own_one(sh: SchoolHouse) -> None:
    """E-14, issue 3: an administrator names people, classes, invites, roles, applications and parents of another school
    in the addresses and bodies of the own school: each is unknown, and nothing changes.
    """
    theirs = await sh.member("admin", born=ADULT)
    pupil = await sh.member("student", "7А", born=CHILD)
    teacher = await sh.member("teacher", "7А", born=ADULT)
    mother, applicant = await sh.newcomer(), await sh.newcomer(born=TEEN)
    await sh.confirm(mother, await sh.parent_link(pupil))
    klass, school = await sh.class_id("7А"), await sh.school_id()
    application = await sh.apply(applicant, await sh.invite(theirs, "7А"))
    invite = (await sh.get(theirs, f"/api/schools/{school}/invites"))["invites"][0]["id"]
    members = (await sh.get(theirs, f"/api/schools/{school}/members?role=teacher"))["members"]
    role = members[0]["roles"][0]["id"]
    mine = await sh.member("admin", "", "Другая", born=ADULT)
    own_pupil = await sh.member("student", "7А", "Другая")
    own = f"/api/schools/{await sh.school_id('Другая')}"
    own_class = await sh.class_id("7А", "Другая")
    own_application = await sh.apply(await sh.newcomer(born=TEEN), await sh.invite(mine, "7А", "Другая"))
    data = {"first_name": "А", "last_name": "Б", "birth_date": TEEN}
    tries: list[tuple[str, dict[str, Any], str]] = [
        ("/applications", {"applications": [application], "approve": True}, "application_unknown"),
        (f"/applications/{application}/class", {"class_id": own_class}, "application_unknown"),
        (f"/applications/{own_application}/class", {"class_id": klass}, "class_unknown"),
        (f"/class-list/{klass}", {"name": "9Я"}, "class_unknown"),
        (f"/members/{teacher}/roles", {"role": "staff"}, "person_unknown"),
        (f"/members/{own_pupil}/roles", {"role": "teacher", "class_id": klass}, "class_unknown"),
        (f"/members/{own_pupil}/move", {"from_class": own_class, "to_class": klass}, "class_unknown"),
        (f"/members/{pupil}/move", {"from_class": klass, "to_class": own_class}, "person_unknown"),
        (f"/members/{pupil}/remove", {}, "person_unknown"),
        (f"/members/{pupil}/data", data, "person_unknown"),
        (f"/members/{mother}/data", data, "person_unknown"),
        (f"/members/{pupil}/parents/{mother}/detach", {}, "person_unknown"),
        (f"/members/{own_pupil}/parents/{mother}/detach", {}, "person_unknown"),
        (f"/roles/{role}/revoke", {}, "role_unknown"),
        ("/invites", {"class_id": klass}, "class_unknown"),
        (f"/invites/{invite}/revoke", {}, "invite_unknown"),
        (f"/invites/{invite}/renew", {}, "invite_unknown"),
    ]
    for path, body, code in tries:
        assert await sh.denied(mine, "POST", own + path, **body) == code, path
    assert await sh.denied(applicant, "POST", f"/api/applications/{own_application}/withdraw") == "application_unknown"
    for query in (f"/members?class={klass}", f"/invites?class={klass}"):
        answer = await sh.get(mine, own + query)
        assert [] in answer.values(), query
    _, page = await sh.http(mine, "GET", f"{own}/sheet?class={klass}")
    assert b'class="card"' not in page
    assert await sh.journal(theirs) == ["invite.created"]


HELD_MAY = {
    "/api/countries", "/api/localities", "/api/invites/{token}", "/api/parent-links/{token}",
    "/api/localities/{locality}/schools", "/api/schools/{school}/classes", "/api/applications", "/api/hold",
    "/api/family", "/api/profile", "/api/parent-links/{token}/child",
}  # fmt: skip
"""S14: what a child needs to wait, to apply and to send the link; nothing of the school's inside."""


async def test_a_held_member_reads_nothing_through_any_door(sh: SchoolHouse) -> None:
    """R-56, R-35: approved and not yet confirmed by a parent, against every door that reads and every one that writes
    about others; by withdrawn consent alike.
    """
    head = await sh.member("class_teacher", "7А", born=ADULT, name="Тайнова")
    child = await sh.member("student", "7А", born=CHILD)
    older = await sh.member("student", "7А", born=TEEN)
    mother = await sh.newcomer()
    await sh.confirm(mother, await sh.parent_link(older))
    await sh.post(mother, f"/api/family/children/{older}/withdraw")
    values = {
        "school": await sh.school_id(), "klass": await sh.class_id("7А"), "person": wire_id(head), "kind": "members",
        "account": wire_id(head),
    }  # fmt: skip
    app = sh.client.app
    reads = {
        route.resource.canonical
        for route in app.router.routes()
        if route.method == "GET" and route.resource is not None and "/auth/" not in route.resource.canonical
    }
    own = {one.path for one in sh.own_endpoints}
    for who, code in ((child, "parent_confirmation_needed"), (older, "consent_withdrawn")):
        for path in sorted(reads - HELD_MAY - own):
            status, answer = await sh.http(who, "GET", re.sub(r"{(\w+)}", lambda m: values.get(m[1], "1"), path))
            assert (status, answer["error"]["code"]) == (403, code), path
        for path in ("applications", "profile", "family", "hold"):
            assert "Тайнова" not in str(await sh.get(who, f"/api/{path}"))
        for path in (f"/api/blocks/{head}", f"/api/classes/{values['klass']}/chat", f"/api/schools/{values['school']}"):
            assert await sh.denied(who, "POST", path) == code
        assert list(await sh.logs.streams_of(who)) == [f"account:{who}"]


@pytest_asyncio.fixture
async def other(sh: SchoolHouse) -> AsyncIterator[SchoolHouse]:
    """A second process over the same database: its own writer, connections, gate and bus."""
    database = Database(sh.database.url)
    built = SchoolHouse(database)
    built.shift_ms = sh.shift_ms
    await built.open()
    yield built
    await built.close()
    await database.close()


async def test_two_processes_decide_alike(sh: SchoolHouse, other: SchoolHouse) -> None:
    """D3, D16, R-15, R-71: one approval, one parent for the last place, one use of the last place, one role: whichever
    process is asked.
    """
    admin = await sh.member("admin", born=ADULT)
    child = await sh.member("student", "7А", born=CHILD)
    klass, school = await sh.class_id("7А"), await sh.school_id()
    houses = (sh, other)

    async def both(calls: list[tuple[int, str, dict[str, Any]]]) -> list[int]:
        answers = await asyncio.gather(
            *(houses[n % 2].http(who, "POST", path, body) for n, (who, path, body) in enumerate(calls))
        )
        assert all(status < 500 for status, _ in answers), answers
        return sorted(status for status, _ in answers)

    applicant = await sh.newcomer(born=TEEN)
    application = await sh.apply(applicant, await sh.invite(admin, "7А"))
    decide = (admin, f"/api/schools/{school}/applications", {"applications": [application], "approve": True})
    assert await both([decide] * 4) == [200, 409, 409, 409]
    assert await sh.rows(t.school_role.select().where(t.school_role.c.account_id == applicant).subquery()) == 1

    parents = [await sh.newcomer() for _ in range(4)]
    token = await sh.parent_link(child)
    version = (await sh.get(parents[0], f"/api/parent-links/{token}/child"))["consent_version"]
    consent = {"consent": True, "consent_version": version}
    path = f"/api/parent-links/{token}/confirm"
    assert await both([(parent, path, consent) for parent in parents]) == [200, 200, 409, 409]
    assert await sh.rows(t.parent_child) == 2

    last = await sh.invite(admin, "7А", uses=1)
    comers = [await sh.newcomer(born=TEEN) for _ in range(6)]
    assert await both([(one, "/api/applications", {"invite": last}) for one in comers]) == [200] + [410] * 5

    again = await sh.newcomer(born=TEEN)
    anyones = await sh.invite(admin, "7А")
    assert await both([(again, "/api/applications", {"invite": anyones})] * 6) == [200] + [409] * 5
    assert await sh.rows(s.application.select().where(s.application.c.account_id == again).subquery()) == 1

    teacher = await sh.member("staff", born=ADULT)
    grant = {"role": "teacher", "class_id": klass, "subject": "Физика"}
    assert await both([(admin, f"/api/schools/{school}/members/{teacher}/roles", grant)] * 6) == [200] + [409] * 5
    second = await sh.member("admin", born=ADULT)
    removals = [
        (admin, f"/api/schools/{school}/members/{second}/remove", {}),
        (second, f"/api/schools/{school}/members/{admin}/remove", {}),
    ]
    statuses = await both(removals)
    r = t.school_role
    left = r.select().where(r.c.role == "admin", r.c.until_ms.is_(None)).subquery()
    assert await sh.rows(left) == 1, statuses
