"""Invites and applications, on SQLite and on PostgreSQL, through the HTTP doors."""

from __future__ import annotations

import asyncio

from tests.school_house import ADULT, TEEN, SchoolHouse, s

DAY = 24 * 3600 * 1000


async def test_invites_are_made_by_those_who_decide(sh: SchoolHouse) -> None:
    """R-15, R-37, D3: administrators for anything, class teachers for students of their own class, nobody else."""
    admin, head = await sh.member("admin", born=ADULT), await sh.member("class_teacher", "7А", born=ADULT)
    teacher, student = await sh.member("teacher", "7А", born=ADULT), await sh.member("student", "7А")
    stranger = await sh.member("admin", school="Другая", born=ADULT)
    await sh.member("student", "7Б")
    school, own, other = await sh.school_id(), await sh.class_id("7А"), await sh.class_id("7Б")
    path = f"/api/schools/{school}/invites"
    made = await sh.post(head, path, class_id=own)
    assert made["state"] == "active"
    assert made["class_name"] == "7А"
    assert 6 * DAY < made["expires"] - made["created"] <= 7 * DAY
    assert await sh.denied(head, "POST", path, class_id=other) == "class_teacher_only"
    assert await sh.denied(head, "POST", path, role="teacher") == "class_teacher_only"
    assert await sh.denied(teacher, "POST", path, class_id=own) == "school_admin_only"
    assert await sh.denied(student, "POST", path, class_id=own) == "school_admin_only"
    assert await sh.denied(stranger, "POST", path, class_id=own) == "not_in_school"
    assert await sh.denied(admin, "POST", path) == "class_required"
    assert await sh.denied(None, "POST", path, class_id=own) == "unauthorized"
    await sh.post(admin, path, role="teacher")
    foreign = await sh.school_id("Другая")
    assert await sh.denied(stranger, "POST", f"/api/schools/{foreign}/invites", class_id=own) == "class_unknown"
    listed = (await sh.get(head, path))["invites"]
    assert [one["url"] for one in listed] == [made["url"]], "R-37: shown again, and only those of the own class"
    assert len((await sh.get(admin, path))["invites"]) == 2
    token = made["url"].rpartition("/")[2].encode()
    raw = await sh.database.read(lambda c: repr(c.execute(s.invite.select()).all()))
    assert token.decode() not in raw, "the link is derived, not stored"


async def test_a_link_shows_school_and_class_before_anything_is_asked(sh: SchoolHouse) -> None:
    """R-16, R-6: without a session; e-mail only for students of grades 1-4."""
    admin = await sh.member("admin", born=ADULT, name="Ирина")
    await sh.member("student", "7А")
    await sh.member("student", "3Б")
    check = await sh.get(None, f"/api/invites/{await sh.invite(admin, '7А')}")
    assert (check["school_name"], check["class_name"], check["invited_by"]) == ("Школа", "7А", "Ирина Ф.")
    assert not check["email_allowed"]
    assert (await sh.get(None, f"/api/invites/{await sh.invite(admin, '3Б')}"))["email_allowed"]
    assert not (await sh.get(None, f"/api/invites/{await sh.invite(admin, None, role='teacher')}"))["email_allowed"]


async def test_a_dead_link_says_why_and_whom_to_ask(sh: SchoolHouse) -> None:
    """R-36, R-37, E-15: cut, altered, expired, revoked, used up; a new one works."""
    admin, one, two = await sh.member("admin", born=ADULT), await sh.newcomer(), await sh.newcomer()
    await sh.member("student", "7А")
    token = await sh.invite(admin, "7А")
    assert await sh.denied(None, "GET", f"/api/invites/{token[:-4]}") == "link_malformed"
    altered = ("B" if token[5] != "B" else "C").join((token[:5], token[6:]))
    assert await sh.denied(None, "GET", f"/api/invites/{altered}") == "link_malformed"
    single = await sh.invite(admin, "7А", uses=1)
    await sh.apply(one, single)
    assert await sh.denied(two, "POST", "/api/applications", invite=single) == "invite_used_up"
    path = f"/api/schools/{await sh.school_id()}/invites"
    number = next(i["id"] for i in (await sh.get(admin, path))["invites"] if i["url"].endswith(token))
    again = await sh.post(admin, f"{path}/{number}/renew")
    assert await sh.denied(None, "GET", f"/api/invites/{token}") == "invite_revoked"
    fresh = again["url"].rpartition("/")[2]
    await sh.get(None, f"/api/invites/{fresh}")
    sh.shift_ms = 8 * DAY
    status, answer = await sh.http(None, "GET", f"/api/invites/{fresh}")
    assert (status, answer["error"]["code"], answer["error"]["mender"]) == (410, "invite_expired", "teacher")
    assert "классного руководителя" in answer["error"]["message"]


async def test_two_people_cannot_use_the_last_place_of_a_link(sh: SchoolHouse) -> None:
    """R-15: the number of uses holds against people who come at the same time."""
    admin = await sh.member("admin", born=ADULT)
    await sh.member("student", "7А")
    token = await sh.invite(admin, "7А", uses=3)
    people = [await sh.newcomer() for _ in range(50)]
    answers = await asyncio.gather(*(sh.http(p, "POST", "/api/applications", {"invite": token}) for p in people))
    assert sorted(status for status, _ in answers) == [200] * 3 + [410] * 47
    assert {answer["error"]["code"] for status, answer in answers if status == 410} == {"invite_used_up"}
    shown = (await sh.get(admin, f"/api/schools/{await sh.school_id()}/invites"))["invites"][0]
    assert (shown["used"], shown["state"]) == (3, "used_up")


async def test_one_person_uses_a_link_once_however_often_it_is_pressed(sh: SchoolHouse) -> None:
    """R-32: twenty presses at once are one application and one use."""
    admin, one = await sh.member("admin", born=ADULT), await sh.newcomer()
    await sh.member("student", "7А")
    token = await sh.invite(admin, "7А", uses=5)
    answers = await asyncio.gather(*(sh.http(one, "POST", "/api/applications", {"invite": token}) for _ in range(20)))
    assert sorted(status for status, _ in answers) == [200] + [409] * 19
    assert (await sh.get(admin, f"/api/schools/{await sh.school_id()}/invites"))["invites"][0]["used"] == 1


async def test_a_student_comes_by_a_link_or_by_an_application_and_in_no_third_way(sh: SchoolHouse) -> None:
    """R-1: both end with the school's approval; an account alone, a link alone, a parent's link, a desk that names a
    stranger and an import make nobody a student.
    """
    admin = await sh.member("admin", born=ADULT)
    await sh.member("student", "7А")
    school, klass = await sh.school_id(), await sh.class_id("7А")
    by_link, by_search, stranger = [await sh.newcomer(born=TEEN) for _ in range(3)]
    first = await sh.apply(by_link, await sh.invite(admin, "7А"))
    second = await sh.post(by_search, "/api/applications", school=school, role="student", class_id=klass)
    body = "ФИО;Дата рождения;Класс\nФамилия Имя;01.03.2009;7А".encode()
    assert (await sh.http(admin, "POST", f"/api/schools/{school}/list?dry_run=0", data=body))[0] == 200
    role = {"role": "student", "class_id": klass}
    assert await sh.denied(admin, "POST", f"/api/schools/{school}/members/{stranger}/roles", **role) == "person_unknown"
    assert await sh.denied(stranger, "POST", "/api/profile", first_name="А", last_name="Б", roles=["student"]) == (
        "unknown_field"
    )
    token = await sh.parent_link(by_link)
    assert await sh.denied(stranger, "POST", f"/api/parent-links/{token}/confirm", consent=True) == "parent_too_young"
    people = (by_link, by_search, stranger)
    assert [(await sh.get(one, "/api/profile"))["roles"] for one in people] == [[], [], []]
    for application in (first, second["id"]):
        await sh.decide(admin, application)
    assert [(await sh.get(one, "/api/profile"))["roles"] for one in people] == [["student"], ["student"], []]


async def test_nobody_floods_a_desk(sh: SchoolHouse) -> None:
    """D19: applying and taking back again and again ends; the school's list of decided ones stays readable."""
    admin, one = await sh.member("admin", born=ADULT), await sh.newcomer()
    await sh.member("student", "7А")
    token = await sh.invite(admin, "7А")
    for _ in range(20):
        application = await sh.apply(one, token)
        await sh.post(one, f"/api/applications/{application}/withdraw")
    assert await sh.denied(one, "POST", "/api/applications", invite=token) == "rate_limited"
    sh.shift_ms += 86_400_000 + 1
    await sh.apply(one, token)


async def test_a_link_and_declining_grant_nothing(sh: SchoolHouse) -> None:
    """R-30, R-31, R-32, R-35: an application only; until approval neither school, class nor chat is seen."""
    admin, one = await sh.member("admin", born=ADULT), await sh.newcomer()
    await sh.member("student", "7А")
    token = await sh.invite(admin, "7А")
    await sh.post(one, f"/api/invites/{token}/decline")
    assert await sh.rows(s.application) == 0, "R-31: nothing is created"
    await sh.apply(one, token)
    assert await sh.chats(one) == []
    assert (await sh.get(one, "/api/home"))["classes"] == []
    assert (await sh.get(one, "/api/contacts"))["groups"] == []
    assert await sh.denied(one, "GET", f"/api/people/{admin}") == "person_unknown"
    assert await sh.denied(one, "GET", f"/api/schools/{await sh.school_id()}/members") == "not_in_school"
    assert await sh.denied(one, "POST", "/api/applications", invite=token) == "application_exists"


async def test_approval_opens_school_class_and_chat(sh: SchoolHouse) -> None:
    """R-33, R-34, R-54: the class chat with all of its history; the applicant is told at once."""
    head, one = await sh.member("class_teacher", "7А", born=ADULT), await sh.newcomer("Алексей", "Петров", "2010-01-02")
    first = await sh.member("student", "7А")
    token = await sh.invite(head, "7А")
    early = await sh.newcomer()
    await sh.decide(head, await sh.apply(early, token))
    chat = (await sh.do(head, "chat.list")).chats[0]
    assert chat.my_role == "admin"
    await sh.do(head, "message.post", chat=chat.id, text="До вас")
    application = await sh.apply(one, token)
    desk = await sh.get(head, f"/api/schools/{await sh.school_id()}/applications")
    assert [(a["id"], a["name"], a["class_name"], a["via"]) for a in desk["applications"]] == [
        (application, "Петров Алексей", "7А", "invite")
    ]
    assert (await sh.get(head, "/api/home"))["attention"] == 1
    await sh.decide(head, application)
    assert await sh.chats(one) == ["7А"]
    assert [m.text for m in (await sh.do(one, "message.history", chat=chat.id)).messages] == ["До вас"]
    told = sh.told_to(one, "application.decided")
    assert [(e.status, e.class_name, e.chat) for e in told] == [("approved", "7А", chat.id)]
    own = (await sh.get(one, "/api/applications"))["applications"]
    assert [(a["status"], a["chat"]) for a in own] == [("approved", chat.id)]
    assert {c["name"] for c in (await sh.get(one, "/api/home"))["classes"]} == {"7А"}
    assert await sh.denied(one, "POST", "/api/applications", invite=token) == "already_member"
    assert await sh.chats(first) == ["7А"], "who was in the class is in its chat"


async def test_refusal_is_told_with_its_reason(sh: SchoolHouse) -> None:
    """R-55: the applicant learns it, sees nothing, and may apply again."""
    admin, one = await sh.member("admin", born=ADULT), await sh.newcomer()
    await sh.member("student", "7А")
    token = await sh.invite(admin, "7А")
    await sh.decide(admin, await sh.apply(one, token), approve=False, reason="Нет такого ученика")
    told = sh.told_to(one, "application.decided")
    assert [(e.status, e.reason) for e in told] == [("refused", "Нет такого ученика")]
    assert await sh.chats(one) == []
    await sh.apply(one, token)


async def test_who_decides_which_application(sh: SchoolHouse) -> None:
    """D3, E-14: students by administrator or own class teacher; staff by an administrator; other schools never."""
    admin, head = await sh.member("admin", born=ADULT), await sh.member("class_teacher", "7А", born=ADULT)
    other_head = await sh.member("class_teacher", "7Б", born=ADULT)
    foreign = await sh.member("admin", school="Другая", born=ADULT)
    student, school = await sh.member("student", "7А"), await sh.school_id()
    one, two = await sh.newcomer(), await sh.newcomer()
    pupil = await sh.apply(one, await sh.invite(admin, "7А"))
    teacher = (await sh.post(two, "/api/applications", school=school, role="teacher"))["id"]
    path = f"/api/schools/{school}/applications"
    for who, code in ((other_head, "class_teacher_only"), (foreign, "not_in_school"), (student, "school_admin_only")):
        assert await sh.denied(who, "POST", path, applications=[pupil], approve=True) == code
    assert await sh.denied(one, "POST", path, applications=[pupil], approve=True) == "not_in_school"
    assert await sh.denied(head, "POST", path, applications=[teacher], approve=True) == "class_teacher_only"
    there = f"/api/schools/{await sh.school_id('Другая')}/applications"
    assert await sh.denied(foreign, "POST", there, applications=[pupil], approve=True) == "application_unknown"
    assert [a["id"] for a in (await sh.get(head, path))["applications"]] == [pupil]
    assert [a["id"] for a in (await sh.get(other_head, path))["applications"]] == []
    both = await sh.post(admin, path, applications=[pupil, teacher], approve=True)
    assert [d["status"] for d in both["decisions"]] == ["approved", "approved"]


async def test_bulk_approval_leaves_decided_ones_alone(sh: SchoolHouse) -> None:
    """S29: each for itself; who was first is named."""
    admin, head = await sh.member("admin", born=ADULT, name="Ирина"), await sh.member("class_teacher", "7А", born=ADULT)
    token = await sh.invite(admin, "7А")
    ids = [await sh.apply(await sh.newcomer(), token) for _ in range(3)]
    await sh.decide(admin, ids[1])
    path = f"/api/schools/{await sh.school_id()}/applications"
    done = (await sh.post(head, path, applications=[*ids, "12345"], approve=True))["decisions"]
    assert [(d["status"], d["code"], d["by"]) for d in done] == [
        ("approved", "", ""),
        ("waiting", "already_decided", "Ирина Фамилия"),
        ("approved", "", ""),
        ("waiting", "application_unknown", ""),
    ]
    assert await sh.denied(head, "POST", path, applications=[ids[0]], approve=False) == "already_decided"
    assert (await sh.journal(admin)).count("application.approved") == 3


async def test_two_who_decide_at_once_let_one_win(sh: SchoolHouse) -> None:
    """R-34: approved once, one place in the class, however many press."""
    admins = [await sh.member("admin", born=ADULT) for _ in range(4)]
    await sh.member("student", "7А")
    one = await sh.newcomer()
    application = await sh.apply(one, await sh.invite(admins[0], "7А"))
    path, body = f"/api/schools/{await sh.school_id()}/applications", {"applications": [application], "approve": True}
    answers = await asyncio.gather(*(sh.http(admin, "POST", path, body) for admin in admins))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]
    assert len(sh.told_to(one, "application.decided")) == 1


async def test_class_can_be_changed_before_approval(sh: SchoolHouse) -> None:
    """S29: by somebody who may decide in both classes; then the student is in that one."""
    admin, head = await sh.member("admin", born=ADULT), await sh.member("class_teacher", "7А", born=ADULT)
    await sh.member("student", "7Б")
    one = await sh.newcomer()
    application = await sh.apply(one, await sh.invite(admin, "7А"))
    path = f"/api/schools/{await sh.school_id()}/applications/{application}/class"
    target = await sh.class_id("7Б")
    assert await sh.denied(head, "POST", path, class_id=target) == "class_teacher_only"
    await sh.post(admin, path, class_id=target)
    await sh.decide(admin, application)
    assert await sh.chats(one) == ["7Б"]


async def test_application_by_search(sh: SchoolHouse) -> None:
    """R-46, R-47, R-53: country, place, school, role, class; closed and foreign classes are refused."""
    admin, one = await sh.member("admin", born=ADULT), await sh.newcomer()
    await sh.member("student", "7А")
    await sh.member("student", "1А", school="Другая")
    school, klass = await sh.school_id(), await sh.class_id("7А")
    chips = (await sh.get(one, f"/api/schools/{school}/classes"))["classes"]
    assert [(c["id"], c["name"], c["open"]) for c in chips] == [(klass, "7А", True)]
    apply = "/api/applications"
    foreign = await sh.class_id("1А", "Другая")
    assert await sh.denied(one, "POST", apply, school=school, class_id=foreign) == "class_unknown"
    assert await sh.denied(one, "POST", apply, school=school) == "class_required"
    assert await sh.denied(one, "POST", apply, school="77", class_id=klass) == "school_unknown"
    assert await sh.denied(one, "POST", apply, school=school, class_id=klass, role="admin") == "bad_request"
    await sh.post(admin, f"/api/schools/{school}/class-list/{klass}", open=False)
    assert await sh.denied(one, "POST", apply, school=school, class_id=klass) == "class_closed"
    await sh.post(admin, f"/api/schools/{school}/class-list/{klass}", open=True)
    made = await sh.post(one, apply, school=school, class_id=klass)
    other = await sh.newcomer()
    assert await sh.denied(other, "POST", f"{apply}/{made['id']}/withdraw") == "application_unknown"
    await sh.post(one, f"{apply}/{made['id']}/withdraw")
    decide = f"/api/schools/{school}/applications"
    assert await sh.denied(admin, "POST", decide, applications=[made["id"]], approve=True) == "application_unknown"


async def test_adult_who_applies_as_a_student_is_flagged(sh: SchoolHouse) -> None:
    """R-12: the date of birth of an adult with the student's role."""
    admin = await sh.member("admin", born=ADULT)
    await sh.member("student", "7А")
    token = await sh.invite(admin, "7А")
    await sh.apply(await sh.newcomer(born=ADULT), token)
    await sh.apply(await sh.newcomer(born="2012-02-29"), token)
    desk = await sh.get(admin, f"/api/schools/{await sh.school_id()}/applications")
    assert [a["adult"] for a in desk["applications"]] == [True, False]
