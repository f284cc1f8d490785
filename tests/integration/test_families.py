"""Parents and children, on both engines: the hold, the link, the confirmation, consent and its withdrawal."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import aiohttp
from sqlalchemy import select

from rtserver.auth.senders.outbox import shown_codes
from storage import tables as t
from storage.ids import wire_id
from tests.integration.auth_house import VERSIONS
from tests.school_house import ADULT, CHILD, TEEN, SchoolHouse, s

DAY = 24 * 3600 * 1000


async def test_under_14_is_held_until_a_parent_confirms(sh: SchoolHouse) -> None:
    """R-56, R-63…R-66, D6: no command, no door, no stream of a chat before; everything after; told at once."""
    head = await sh.member("class_teacher", "7А", born=ADULT)
    child = await sh.newcomer("Алексей", "Петров", CHILD)
    await sh.decide(head, await sh.apply(child, await sh.invite(head, "7А")))
    for command in ("chat.list", "people.contacts"):
        assert await sh.refused(child, command) == "parent_confirmation_needed"
    for path in ("/api/home", "/api/contacts", f"/api/people/{head}", "/api/blocks", "/api/school-requests"):
        assert await sh.denied(child, "GET", path) == "parent_confirmation_needed"
    assert list(await sh.logs.streams_of(child)) == [f"account:{child}"]
    assert await sh.get(child, "/api/hold") == {"held": True, "reason": "under_14"}
    mother = await sh.newcomer("Марина", "Петрова")
    token = await sh.parent_link(child)
    check = await sh.get(None, f"/api/parent-links/{token}")
    assert (check["child_name"], check["viewer"]) == ("Алексей П.", "nobody")
    data = await sh.get(mother, f"/api/parent-links/{token}/child")
    assert (data["first_name"], data["last_name"], data["birth_date"]) == ("Алексей", "Петров", CHILD)
    assert "rtserver" in data["consent_text"]
    card = await sh.confirm(mother, token, first_name="Алексей", birth_date="2013-05-20")
    assert (card["name"], card["held"]) == ("Алексей Петров", False)
    assert [(p["class_name"], p["school_name"]) for p in card["places"]] == [("7А", "Школа")]
    opened = sh.told_to(child, "entry.changed")
    assert [(e.held, e.by_name) for e in opened] == [(False, "Марина Петрова")]
    assert await sh.chats(child) == ["7А"]
    assert len(await sh.logs.streams_of(child)) == 2
    profile = await sh.get(child, "/api/profile")
    assert profile["birth_date"] == "2013-05-20", "R-64: the correction is saved to the child"
    assert [p["name"] for p in profile["parents"]] == ["Марина Петрова"]
    assert not profile["can_edit_birth_date"]
    kept = await sh.database.read(lambda c: c.execute(select(s.consent)).all())
    assert [(row.parent_id, row.version, len(row.text_sha256)) for row in kept] == [
        (mother, data["consent_version"], 32)
    ]


async def test_the_14th_birthday_counts_as_14(sh: SchoolHouse) -> None:
    """D6: in the school's time zone: the same moment is another day in Kamchatka."""
    moscow = await sh.member("student", "7А", "Москва", born="2013-01-10")
    kamchatka = await sh.member("student", "7А", "Камчатка", born="2013-01-10")
    await sh.database.write(
        lambda c: c.execute(t.school.update().where(t.school.c.name == "Камчатка").values(time_zone="Asia/Kamchatka"))
    )
    noon_utc_before = 1_799_496_000_000  # 2027-01-09 12:00 UTC: 15:00 in Moscow, midnight of the 10th in Kamchatka
    sh.shift_ms = noon_utc_before - sh.now()
    assert (await sh.get(moscow, "/api/hold"))["held"]
    assert not (await sh.get(kamchatka, "/api/hold"))["held"]
    sh.shift_ms += DAY
    assert not (await sh.get(moscow, "/api/hold"))["held"]


async def test_own_session_of_the_child_is_refused(sh: SchoolHouse) -> None:
    """R-69, R-70, R-76: a child cannot become own parent; logged out, or in another browser, the link works."""
    child = await sh.newcomer(born=CHILD)
    token = await sh.parent_link(child)
    assert await sh.denied(child, "GET", f"/api/parent-links/{token}") == "self_parent"
    assert await sh.denied(child, "GET", f"/api/parent-links/{token}/child") == "self_parent"
    teen = await sh.newcomer(born=TEEN)
    own = await sh.parent_link(teen)
    assert await sh.denied(teen, "GET", f"/api/parent-links/{own}/child") == "self_parent"
    body = {"consent": True, "consent_version": "2026-09-01"}
    assert await sh.denied(teen, "POST", f"/api/parent-links/{own}/confirm", **body) == "self_parent"
    await sh.get(None, f"/api/parent-links/{token}")  # the child logged out for a while
    await sh.get(await sh.newcomer(), f"/api/parent-links/{token}")  # another browser, another session


async def test_two_parents_at_most_also_at_the_same_moment(sh: SchoolHouse) -> None:
    """R-71, D16: of five who press together two are attached; a third link says so before anything is typed."""
    child = await sh.newcomer(born=TEEN)
    token = await sh.parent_link(child)
    parents = [await sh.newcomer() for _ in range(5)]
    version = (await sh.get(parents[0], f"/api/parent-links/{token}/child"))["consent_version"]
    body = {"consent": True, "consent_version": version}
    answers = await asyncio.gather(*(sh.http(p, "POST", f"/api/parent-links/{token}/confirm", body) for p in parents))
    assert sorted(status for status, _ in answers) == [200, 200, 409, 409, 409]
    assert {a["error"]["code"] for status, a in answers if status == 409} == {"parents_full"}
    assert await sh.denied(None, "GET", f"/api/parent-links/{token}") == "parents_full"
    assert await sh.denied(child, "POST", "/api/family/link") == "parents_full"
    assert not (await sh.get(child, "/api/family"))["can_invite"]
    first = next(p for p, (status, _) in zip(parents, answers, strict=True) if status == 200)
    attached = [e for e in sh.told_to(first, "family.changed") if e.change == "attached"]
    assert len(attached) <= 1
    assert len([e for e in sh.told_to(child, "family.changed") if e.change == "attached"]) == 2


async def test_the_link_leads_a_parent_to_an_account(sh: SchoolHouse) -> None:
    """R-58, R-59, R-60, R-62, R-66: a plain address; whoever opens it registers on an own phone, as an adult, and comes
    to the child; afterwards to Home, where the child stands.
    """
    child = await sh.member("student", "7А", born=CHILD, name="Алексей")
    token = await sh.parent_link(child)
    assert re.fullmatch(r"[\w-]+", token)
    async with aiohttp.ClientSession(sh.client.make_url("/"), cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

        async def ask(method: str, path: str, body: Any = None) -> Any:
            async with http.request(method, path, json=body) as answer:
                return await answer.json()

        view = await ask("POST", "/api/auth/flow", {"start": "parent", "link": token})
        assert (view["state"], view["parent"]["child_name"], view["form"]) == ("contact", "Алексей Ф.", "parent")
        await ask("POST", "/api/auth/flow/contact", {"contact": "+79117770001", **VERSIONS})
        code = (await sh.database.read(lambda c: shown_codes(c, sh.now())))[0]["code"]
        assert (await ask("POST", "/api/auth/flow/code", {"code": code}))["state"] == "profile"
        mother = {"first_name": "Марина", "last_name": "Петрова", "birth_date": TEEN}
        refused = await ask("POST", "/api/auth/flow/profile", mother)
        assert refused["error"]["code"] == "parent_too_young"
        view = await ask("POST", "/api/auth/flow/profile", {**mother, "birth_date": ADULT})
        assert (view["state"], view["step"]) == ("signed_in", "child")
        step = await ask("GET", "/api/auth/next")
        assert (step["step"], step["link"]) == ("child", token)
        data = await ask("GET", f"/api/parent-links/{token}/child")
        given = {"consent": True, "consent_version": data["consent_version"]}
        assert (await ask("POST", f"/api/parent-links/{token}/confirm", given))["name"] == "Алексей Фамилия"
        assert (await ask("GET", "/api/auth/next"))["step"] == "home"
        home = await ask("GET", "/api/home")
        assert [(one["name"], one["places"][0]["class_name"]) for one in home["children"]] == [
            ("Алексей Фамилия", "7А")
        ]


async def test_first_parent_and_child_learn_of_the_second(sh: SchoolHouse) -> None:
    """D16."""
    child, mother, father = await sh.newcomer(born=TEEN), await sh.newcomer(), await sh.newcomer("Олег", "Петров")
    token = await sh.parent_link(child)
    await sh.confirm(mother, token)
    await sh.confirm(father, token)
    for whom in (child, mother):
        assert (sh.told_to(whom, "family.changed")[-1]).parent_name == "Олег Петров"


async def test_the_link_lives_a_week_and_can_be_renewed(sh: SchoolHouse) -> None:
    """R-57, R-58, D16: one plain URL while it lives; a renewed one makes the old one dead."""
    child = await sh.newcomer(born=TEEN)
    url = (await sh.post(child, "/api/family/link"))["url"]
    assert re.fullmatch(r"http://school\.test/p/[\w-]{34}", url), "R-58: sent by any channel"
    token = await sh.parent_link(child)
    assert await sh.parent_link(child) == token
    fresh = (await sh.post(child, "/api/family/link/renew"))["url"].rpartition("/")[2]
    assert await sh.denied(None, "GET", f"/api/parent-links/{token}") == "parent_link_expired"
    await sh.get(None, f"/api/parent-links/{fresh}")
    sh.shift_ms = 8 * DAY
    status, answer = await sh.http(None, "GET", f"/api/parent-links/{fresh}")
    assert (status, answer["error"]["code"], answer["error"]["mender"]) == (410, "parent_link_expired", "sender")
    assert await sh.parent_link(child) not in (token, fresh)


async def test_any_age_may_be_confirmed_and_no_child_may_confirm(sh: SchoolHouse) -> None:
    """R-75, R-2, D16: 14 to 18 copy the link too; a parent is 18 at least and says own birth date."""
    teen = await sh.member("student", "10А", born=TEEN)
    token = await sh.parent_link(teen)
    sibling = await sh.newcomer(born="2009-12-31")
    assert await sh.denied(sibling, "GET", f"/api/parent-links/{token}/child") == "parent_too_young"
    ageless = await sh.newcomer(born=None)
    assert await sh.denied(ageless, "GET", f"/api/parent-links/{token}/child") == "parent_birth_date_needed"
    adult = await sh.newcomer()
    assert await sh.denied(adult, "POST", "/api/family/link") == "child_unknown", "R-2: no child, no link"
    await sh.confirm(adult, token)


async def test_consent_is_asked_for_and_its_version_kept(sh: SchoolHouse) -> None:
    """R-65, E-17."""
    child, parent = await sh.newcomer(born=CHILD), await sh.newcomer()
    path = f"/api/parent-links/{await sh.parent_link(child)}/confirm"
    assert await sh.denied(parent, "POST", path) == "consent_required"
    assert await sh.denied(parent, "POST", path, consent=True, consent_version="old") == "consent_outdated"
    bad = {"first_name": " ", "last_name": "П", "birth_date": CHILD}
    version = "2026-09-01"
    assert await sh.denied(parent, "POST", path, consent=True, consent_version=version, child=bad) == "name_required"
    future = {"first_name": "А", "last_name": "П", "birth_date": "2999-01-01"}
    assert await sh.denied(parent, "POST", path, consent=True, consent_version=version, child=future) == "dob_future"
    assert (await sh.get(child, "/api/hold"))["held"]


async def test_withdrawn_consent_suspends_until_given_again_or_detached(sh: SchoolHouse) -> None:
    """D16: at once, also for a 17-year-old and with another parent's consent; the administrator can detach."""
    admin, child = await sh.member("admin", born=ADULT), await sh.member("student", "7А", born=TEEN)
    mother, father = await sh.newcomer(), await sh.newcomer()
    token = await sh.parent_link(child)
    await sh.confirm(mother, token)
    await sh.confirm(father, token)
    await sh.do(child, "chat.list")
    path = f"/api/family/children/{child}"
    await sh.post(father, f"{path}/withdraw")
    assert await sh.refused(child, "chat.list") == "consent_withdrawn"
    assert [e.held for e in sh.told_to(child, "entry.changed")] == [True]
    assert sh.told_to(mother, "family.changed")[-1].change == "consent_withdrawn"
    data = await sh.get(father, path)
    await sh.post(father, f"{path}/consent", consent=True, consent_version=data["consent_version"])
    await sh.do(child, "chat.list")
    await sh.post(father, f"{path}/withdraw")
    members = (await sh.get(admin, f"/api/schools/{await sh.school_id()}/members?role=student"))["members"]
    assert [(m["held"], len(m["parents"])) for m in members] == [(True, 2)]
    detach = f"/api/schools/{await sh.school_id()}/members/{child}/parents/{father}/detach"
    for who in (mother, father, child):
        assert await sh.denied(who, "POST", detach) in {"not_in_school", "consent_withdrawn"}
    await sh.post(admin, detach)
    await sh.do(child, "chat.list")
    assert await sh.denied(father, "GET", path) == "child_unknown"
    assert await sh.journal(admin) == ["parent.detached", "consent.withdrawn", "consent.withdrawn"]


async def test_a_parent_is_no_member_of_anything(sh: SchoolHouse) -> None:
    """R-68, R-66, R-67: no class, no chat, no other child; the child's teachers to write to."""
    head, child = await sh.member("class_teacher", "7А", born=ADULT), await sh.member("student", "7А", born=TEEN)
    other = await sh.member("student", "7А", born=TEEN)
    parent = await sh.newcomer()
    await sh.post(head, f"/api/schools/{await sh.school_id()}/invites", class_id=await sh.class_id("7А"))
    await sh.confirm(parent, await sh.parent_link(child))
    assert await sh.chats(parent) == []
    home = await sh.get(parent, "/api/home")
    assert (home["classes"], home["schools"], home["roles"]) == ([], 0, ["parent"])
    assert [c["name"] for c in home["children"]] == ["Имя Фамилия"]
    groups = {
        g["key"]: [c["account"] for c in g["contacts"]] for g in (await sh.get(parent, "/api/contacts"))["groups"]
    }
    assert groups == {"family": [wire_id(child)], "child_teachers": [wire_id(head)]}
    assert await sh.denied(parent, "GET", f"/api/people/{other}") == "person_unknown"
    assert await sh.denied(parent, "GET", f"/api/schools/{await sh.school_id()}/members") == "not_in_school"
    await sh.direct(parent, head)
    seen = await sh.get(parent, f"/api/people/{child}")
    assert (seen["birth_date"], [p["class_name"] for p in seen["places"]]) == (TEEN, ["7А"])


async def test_children_of_two_schools_and_a_teacher_who_is_a_parent(sh: SchoolHouse) -> None:
    """R-72, R-73, R-74, R-11: one account with both roles, each child by its own link."""
    teacher = await sh.member("teacher", "5А", "Лицей", born=ADULT)
    one = await sh.member("student", "7А", born=TEEN)
    two = await sh.member("student", "3Б", "Гимназия", born=CHILD)
    for child in (one, two):
        await sh.confirm(teacher, await sh.parent_link(child))
    family = await sh.get(teacher, "/api/family")
    assert [(c["places"][0]["school_name"], c["held"]) for c in family["children"]] == [
        ("Школа", False),
        ("Гимназия", False),
    ]
    assert (await sh.get(teacher, "/api/profile"))["roles"] == ["teacher", "parent"]
    assert {c["name"] for c in (await sh.get(teacher, "/api/home"))["classes"]} == {"5А"}
    for child in (one, two):
        assert [p["account"] for p in (await sh.get(child, "/api/family"))["parents"]] == [wire_id(teacher)]


async def test_children_do_not_change_their_birth_date(sh: SchoolHouse) -> None:
    """R-56: or the hold would mean nothing; the administrator can (journal), an adult corrects the own one."""
    admin, child = await sh.member("admin", born=ADULT), await sh.member("student", "7А", born=CHILD)
    edit = {"first_name": "Имя", "last_name": "Фамилия"}
    assert await sh.denied(child, "POST", "/api/profile", **edit, birth_date="2005-01-01") == "birth_date_locked"
    assert (await sh.post(child, "/api/profile", **edit, gender="female"))["gender"] == "female"
    await sh.post(admin, "/api/profile", **edit, birth_date="1984-07-16")
    assert await sh.denied(admin, "POST", "/api/profile", **edit, birth_date=CHILD) == "birth_date_locked"
    path = f"/api/schools/{await sh.school_id()}/members/{child}/data"
    assert await sh.denied(child, "POST", path, **edit, birth_date=TEEN) == "parent_confirmation_needed"
    await sh.post(admin, path, **edit, birth_date=TEEN)
    assert not (await sh.get(child, "/api/hold"))["held"]
    assert sh.told_to(child, "entry.changed")[-1].held is False
    assert await sh.journal(admin) == ["student.edited"]
