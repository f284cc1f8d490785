"""Schools as their administrators and the operator keep them, on both engines, through the HTTP doors."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from storage import tables as t
from storage.auth_tables import contact
from storage.ids import wire_id
from tests.school_house import ADULT, CHILD, TEEN, SchoolHouse, s

DAY = 24 * 3600 * 1000


async def test_a_school_applies_and_the_operator_registers_it(sh: SchoolHouse) -> None:
    """R-48, R-51, R-52, D10: number of the request; found in its place only; the applicant administers it."""
    head, someone = await sh.newcomer("Анна", "Ким"), await sh.newcomer()
    assert [c["code"] for c in (await sh.get(None, "/api/countries"))["countries"]] == ["RU"]
    found = await sh.get(None, "/api/localities?q=сосновый бор")
    place = found["localities"][0]
    assert "населённ" not in found["hint"]
    assert "районный центр" in found["hint"], "R-50"
    schools = f"/api/localities/{place['id']}/schools"
    empty = await sh.get(someone, schools)
    assert empty["schools"] == []
    assert "классный руководитель или директор" in empty["missing"], "R-51"
    ask = {"name": "Лицей №8", "locality": place["id"], "position": "директор", "contact": "+7 900 000-00-00"}
    assert await sh.denied(head, "POST", "/api/school-requests", **{**ask, "locality": "99"}) == "locality_unknown"
    made = await sh.post(head, "/api/school-requests", **ask)
    assert made["number"] > 1000
    assert await sh.denied(head, "POST", "/api/school-requests", **ask) == "request_exists"
    listed = await (await sh.operator.get("/api/admin/school-requests?status=waiting")).json()
    assert [(r["number"], r["applicant_name"], r["contact"]) for r in listed["requests"]] == [
        (made["number"], "Анна Ким", "+7 900 000-00-00")
    ]
    assert (await sh.decide_request(made["number"], "approve"))[0] == 200
    assert (await sh.decide_request(made["number"], "approve"))[1]["error"]["code"] == "request_decided"
    assert (await sh.decide_request(1, "approve"))[0] == 404
    assert [c["name"] for c in (await sh.get(someone, schools))["schools"]] == ["Лицей №8"]
    desks = (await sh.get(head, "/api/desks"))["desks"]
    assert [(d["school_name"], d["admin"], d["time_zone"]) for d in desks] == [("Лицей №8", True, place["time_zone"])]
    own = (await sh.get(head, "/api/school-requests"))["requests"]
    assert [(r["status"], r["school"]) for r in own] == [("approved", desks[0]["school"])]


async def test_the_operators_address_is_closed_to_other_sites(sh: SchoolHouse) -> None:
    """Architecture §3: a foreign origin, a rebound name and a form are refused."""
    path = "/api/admin/school-requests/1/approve"
    foreign = await sh.operator.post(path, json={}, headers={"Origin": "https://evil.example"})
    rebound = await sh.operator.get("/api/admin/school-requests", headers={"Host": "evil.example"})
    form = await sh.operator.post(path, data={"a": "b"})
    assert [foreign.status, rebound.status, form.status] == [403, 403, 400]


async def test_roles_are_granted_by_administrators_and_the_last_stays(sh: SchoolHouse) -> None:
    """D10, D18, E-14: no escalation; people of other schools cannot be named; the chat follows the role."""
    admin, teacher = await sh.member("admin", born=ADULT), await sh.member("teacher", "7А", born=ADULT)
    student, outside = await sh.member("student", "7А"), await sh.member("teacher", "1А", "Другая", born=ADULT)
    school, klass = await sh.school_id(), await sh.class_id("7А")
    path = f"/api/schools/{school}/members"
    for who in (teacher, student):
        assert await sh.denied(who, "POST", f"{path}/{who}/roles", role="admin") == "school_admin_only"
    assert await sh.denied(outside, "POST", f"{path}/{outside}/roles", role="admin") == "not_in_school"
    assert await sh.denied(admin, "POST", f"{path}/{outside}/roles", role="admin") == "person_unknown"
    assert await sh.denied(admin, "POST", f"{path}/{teacher}/roles", role="operator") == "bad_request"
    assert await sh.denied(admin, "POST", f"{path}/{teacher}/roles", role="class_teacher") == "class_required"
    own = (await sh.get(admin, f"{path}?role=admin"))["members"][0]["roles"][0]["id"]
    revoke = f"/api/schools/{school}/roles/{own}/revoke"
    assert await sh.denied(admin, "POST", revoke) == "last_admin"
    assert await sh.denied(admin, "POST", f"{path}/{admin}/remove") == "last_admin"
    await sh.post(admin, f"{path}/{teacher}/roles", role="admin")
    assert await sh.denied(admin, "POST", f"{path}/{teacher}/roles", role="admin") == "role_exists"
    await sh.post(admin, f"{path}/{teacher}/roles", role="teacher", class_id=klass, subject="Математика")
    led = await sh.post(admin, f"{path}/{teacher}/roles", role="class_teacher", class_id=klass)
    assert [c.my_role for c in (await sh.do(teacher, "chat.list")).chats] == ["admin"]
    await sh.post(teacher, revoke)
    assert await sh.denied(admin, "GET", path) == "not_in_school", "rights end with the role"
    await sh.post(teacher, f"/api/schools/{school}/roles/{led['id']}/revoke")
    assert [c.my_role for c in (await sh.do(teacher, "chat.list")).chats] == ["teacher"]
    classes = (await sh.get(teacher, f"/api/schools/{school}/class-list"))["classes"]
    assert {(x["role"], x["subject"]) for x in classes[0]["teachers"]} == {("teacher", ""), ("teacher", "Математика")}
    assert (await sh.journal(teacher))[:2] == ["role.revoked", "role.revoked"]


async def test_leaving_a_class_leaves_its_chat(sh: SchoolHouse) -> None:
    """R-34: a student moves to another class and its chat; removed from the school, is in none."""
    admin, student = await sh.member("admin", born=ADULT), await sh.member("student", "7А")
    await sh.member("student", "7Б")
    school, seven_a, seven_b = await sh.school_id(), await sh.class_id("7А"), await sh.class_id("7Б")
    path = f"/api/schools/{school}/members/{student}"
    await sh.decide(admin, await sh.apply(await sh.newcomer(), await sh.invite(admin, "7А")))
    assert await sh.chats(student) == ["7А"]
    assert await sh.denied(student, "POST", f"{path}/move", from_class=seven_a, to_class=seven_b) == "school_admin_only"
    await sh.post(admin, f"{path}/move", from_class=seven_a, to_class=seven_b)
    assert await sh.chats(student) == ["7Б"]
    assert sh.told_to(student, "roles.changed")
    await sh.post(admin, f"{path}/remove")
    assert await sh.chats(student) == []
    assert (await sh.get(student, "/api/home"))["classes_total"] == 0


async def test_the_new_school_year(sh: SchoolHouse) -> None:
    """7А becomes 8А with its people and chat; 11А is put away; a teacher who taught it alone stays a teacher."""
    admin, student = await sh.member("admin", born=ADULT), await sh.member("student", "7А")
    old = await sh.member("teacher", "11А", born=ADULT)
    graduate = await sh.member("student", "11А", born="2009-01-01")
    await sh.member("student", "10А")
    school = await sh.school_id()
    await sh.decide(admin, await sh.apply(await sh.newcomer(), await sh.invite(admin, "7А")))
    path = f"/api/schools/{school}/roll-over"
    dry = await sh.post(admin, path)
    assert [(c["before"], c["after"], c["archived"]) for c in dry["classes"]] == [
        ("11А", "11А", True),
        ("10А", "11А", False),
        ("7А", "8А", False),
    ]
    assert await sh.class_id("7А")
    assert await sh.denied(student, "POST", path, dry_run=False) == "school_admin_only"
    await sh.post(admin, path, dry_run=False)
    assert await sh.chats(student) == ["8А"]
    names = [c["name"] for c in (await sh.get(admin, f"/api/schools/{school}/class-list"))["classes"]]
    assert names[:2] == ["8А", "11А"]
    assert names[2].startswith("11А 20")
    assert (await sh.get(old, "/api/profile"))["places"][0]["role"] == "teacher"
    assert (await sh.get(graduate, "/api/profile"))["places"] == []
    assert (await sh.journal(admin))[0] == "school.rolled_over"


async def test_classes_are_made_and_closed(sh: SchoolHouse) -> None:
    """S29: names as schools write them; twice the same name is refused; one with students is not put away."""
    admin, student = await sh.member("admin", born=ADULT), await sh.member("student", "7А")
    path = f"/api/schools/{await sh.school_id()}/class-list"
    made = await sh.post(admin, path, name="5 б")
    assert (made["name"], made["grade"]) == ("5Б", 5)
    assert await sh.denied(admin, "POST", path, name="5Б") == "class_exists"
    assert await sh.denied(admin, "POST", path, name="Кружок") == "class_name_invalid"
    assert await sh.denied(student, "POST", path, name="5В") == "school_admin_only"
    assert await sh.denied(admin, "POST", f"{path}/{await sh.class_id('7А')}", archived=True) == "class_not_empty"
    await sh.post(admin, f"{path}/{made['id']}", archived=True)
    assert await sh.denied(admin, "POST", f"{path}/{made['id']}", name="5Г") == "class_unknown"


async def test_a_list_is_imported_dry_then_for_good_then_again(sh: SchoolHouse) -> None:
    """E-16: Windows-1251, a dry run changes nothing, again is an update; named links for one use each."""
    admin, teacher = await sh.member("admin", born=ADULT), await sh.member("class_teacher", "7А", born=ADULT)
    school = await sh.school_id()
    path = f"/api/schools/{school}/list"
    lines = [f"Ученик{n} Имя{n};{n % 27 + 1:02}.03.2013;7А" for n in range(30)]
    raw = "\r\n".join(["ФИО;Дата рождения;Класс", *lines, "Плохой Ученик;40.03.2013;7А"]).encode("cp1251")
    status, dry = await sh.http(admin, "POST", path, data=raw)
    assert status == 200, dry
    assert (dry["dry_run"], dry["encoding"], dry["added"], dry["bad"]) == (True, "windows-1251", 30, 1)
    assert await sh.rows(s.roster) == 0
    _, done = await sh.http(admin, "POST", f"{path}?dry_run=0", data=raw)
    assert (done["added"], done["rows"][30]["code"], done["rows"][30]["line"]) == (30, "dob_invalid", 32)
    again = raw.replace("01.03.2013;7А".encode("cp1251"), "02.03.2013;7Б".encode("cp1251"))
    _, updated = await sh.http(admin, "POST", f"{path}?dry_run=0", data=again)
    assert (updated["added"], updated["updated"], updated["same"]) == (0, 2, 28)
    assert await sh.rows(s.roster) == 30
    status, refusal = await sh.http(teacher, "POST", f"{path}?dry_run=0", data=raw)
    assert (status, refusal["error"]["code"]) == (403, "school_admin_only")
    named = [i for i in (await sh.get(admin, f"/api/schools/{school}/invites"))["invites"] if i["named"]]
    assert len(named) == 30
    assert {i["uses"] for i in named} == {1}
    one = next(i for i in named if i["named"] == "Ученик5 Имя5")
    token = one["url"].rpartition("/")[2]
    assert (await sh.get(None, f"/api/invites/{token}"))["named_first"] == "Имя5"
    pupil = await sh.newcomer("Имя5", "Ученик5", "2013-03-06")
    await sh.apply(pupil, token)
    desk = await sh.get(admin, f"/api/schools/{school}/applications")
    assert [a["listed"] for a in desk["applications"]] == [True]
    status, page = await sh.http(admin, "GET", f"/api/schools/{school}/sheet?class={await sh.class_id('7А')}")
    assert status == 200
    assert page.decode().count("<svg") == 27, "28 of 7А less the used one"
    assert (await sh.journal(admin)) == ["list.imported", "list.imported"]


async def test_exports_are_the_administrators(sh: SchoolHouse) -> None:
    """E-16: members, applications and journal as CSV; nobody else's."""
    admin, teacher = await sh.member("admin", born=ADULT), await sh.member("class_teacher", "7А", born=ADULT)
    await sh.decide(admin, await sh.apply(await sh.newcomer("Анна", "Ким"), await sh.invite(admin, "7А")))
    path = f"/api/schools/{await sh.school_id()}/export"
    for kind, words in (("members", "Ким Анна"), ("applications", "approved"), ("journal", "application.approved")):
        status, table = await sh.http(admin, "GET", f"{path}/{kind}.csv")
        assert status == 200
        assert words in table.decode("utf-8-sig")
        assert await sh.denied(teacher, "GET", f"{path}/{kind}.csv") == "school_admin_only"
    assert await sh.denied(admin, "GET", f"{path}/secrets.csv") == "not_found"


async def test_the_journal_cannot_be_changed(sh: SchoolHouse) -> None:
    """E-14: the database itself refuses."""
    admin = await sh.member("admin", born=ADULT)
    await sh.post(admin, f"/api/schools/{await sh.school_id()}", name="Новое имя")
    with pytest.raises(DBAPIError):
        await sh.database.write(lambda c: c.execute(update(s.journal).values(action="nothing")))
    entries = (await sh.get(admin, f"/api/schools/{await _only_school(sh)}/journal"))["entries"]
    assert [(e["action"], e["detail"], e["actor"]) for e in entries] == [
        ("school.updated", "name: Новое имя", wire_id(admin))
    ]


async def test_the_journal_is_read_by_kind(sh: SchoolHouse) -> None:
    """E-14, S29: only applications, only invites; a word that is no kind narrows nothing."""
    admin, _ = await sh.member("admin", born=ADULT), await sh.member("class_teacher", "7А", born=ADULT)
    await sh.decide(admin, await sh.apply(await sh.newcomer("Анна", "Ким"), await sh.invite(admin, "7А")))
    path = f"/api/schools/{await sh.school_id()}/journal"

    async def actions(kind: str) -> list[str]:
        return [entry["action"] for entry in (await sh.get(admin, f"{path}?kind={kind}"))["entries"]]

    assert await actions("application") == ["application.approved"]
    assert await actions("invite") == ["invite.created"]
    assert await actions("member") == []
    assert await actions("nothing") == await actions("") == ["application.approved", "invite.created"]


async def _only_school(sh: SchoolHouse) -> int:
    return await sh.database.read(lambda c: c.execute(select(t.school.c.id)).scalar_one())


async def test_retention_forgets_in_time(sh: SchoolHouse) -> None:
    """E-17: applications 90 days, the journal 3 years, children whom nobody confirmed 30 days."""
    admin = await sh.member("admin", born=ADULT)
    await sh.member("student", "7А")
    child, teen = await sh.newcomer("Имя", "Тайное", CHILD), await sh.newcomer(born=TEEN)
    confirmed, parent = await sh.newcomer(born=CHILD), await sh.newcomer()
    await sh.confirm(parent, await sh.parent_link(confirmed))
    token = await sh.invite(admin, "7А")
    phone = {"id": 1, "account_id": child, "kind": "phone", "address": "+79000000001", "verified_ms": sh.now()}
    await sh.database.write(lambda c: c.execute(insert(contact).values(**phone)))
    await sh.decide(admin, await sh.apply(teen, token), approve=False)
    await sh.decide(admin, await sh.apply(child, token))
    assert await sh.schools.sweep() == 0
    sh.shift_ms = 31 * DAY
    assert await sh.schools.sweep() == 1
    row = await sh.database.read(lambda c: c.execute(select(t.account).where(t.account.c.id == child)).one())
    assert (row.first_name, row.last_name, row.birth_date) == ("", "", None)
    assert await sh.rows(contact) == 0, "the number is free again"
    assert await sh.denied(child, "GET", "/api/profile") == "session_ended"
    await sh.get(confirmed, "/api/profile")
    sh.shift_ms = 91 * DAY
    assert await sh.schools.sweep() == 1
    assert await sh.rows(s.application) == 0
    journal = await sh.rows(s.journal)
    sh.shift_ms = 3 * 365 * DAY + DAY
    await sh.schools.sweep()
    assert (journal, await sh.rows(s.journal)) == (3, 0)


async def test_blocks_stop_direct_chats_alone(sh: SchoolHouse) -> None:
    """R-81, D17: refused both ways in direct chats; the class chat goes on; unblocking mends it."""
    head, one = await sh.member("class_teacher", "7А", born=ADULT), await sh.member("student", "7А")
    other, far = await sh.member("student", "7А"), await sh.member("student", "1А", "Другая")
    await sh.decide(head, await sh.apply(await sh.newcomer(), await sh.invite(head, "7А")))
    direct = await sh.direct(one, other)
    await sh.post(one, f"/api/blocks/{other}")
    await sh.post(one, f"/api/blocks/{other}")
    assert [b["account"] for b in (await sh.get(one, "/api/blocks"))["people"]] == [wire_id(other)]
    assert await sh.refused(other, "message.post", chat=direct, text="а") == "blocked"
    assert await sh.refused(one, "message.post", chat=direct, text="а") == "blocked_by_you"
    klass = next(c.id for c in (await sh.do(other, "chat.list")).chats if c.kind == "class")
    await sh.do(other, "message.post", chat=klass, text="в классе")
    profile = await sh.get(one, f"/api/people/{other}")
    assert (profile["blocked"], profile["can_write"], profile["can_call"]) == (True, False, False)
    assert not (await sh.get(other, f"/api/people/{one}"))["can_write"]
    assert await sh.denied(one, "POST", f"/api/blocks/{far}") == "person_unknown"
    assert await sh.denied(one, "POST", f"/api/blocks/{one}") == "block_self"
    await sh.post(one, f"/api/blocks/{other}/remove")
    await sh.do(other, "message.post", chat=direct, text="снова")
    assert [e.blocked for e in sh.told_to(one, "block.changed")] == [True, False]


async def test_home_counts_own_classes(sh: SchoolHouse) -> None:
    """R-83, D17: a teacher's classes with subjects; an administrator sees all, but opens no chat."""
    admin, teacher = await sh.member("admin", born=ADULT), await sh.member("teacher", "7А", born=ADULT)
    for n in range(14):
        await sh.member("student", f"{n % 11 + 1}{'АБ'[n // 11]}")
    school = await sh.school_id()
    path = f"/api/schools/{school}/members/{teacher}/roles"
    await sh.post(admin, path, role="teacher", class_id=await sh.class_id("3А"), subject="Биология")
    home = await sh.get(teacher, "/api/home")
    assert (home["classes_total"], [(c["name"], c["teach"], c["subject"]) for c in home["classes"]]) == (
        2,
        [("3А", True, "Биология"), ("7А", True, "")],
    )
    whole = await sh.get(admin, "/api/home")
    assert (whole["classes_total"], {c["chat"] for c in whole["classes"]}, whole["roles"]) == (14, {None}, ["admin"])


async def test_one_account_belongs_to_several_schools(sh: SchoolHouse) -> None:
    """R-82, R-80: places of each, seen by the people of each alone."""
    one, admin = await sh.member("student", "7А"), await sh.member("admin", school="Музыкальная", born=ADULT)
    mate = await sh.member("student", "7А")
    await sh.member("student", "1", "Музыкальная")
    token = await sh.invite(admin, "1", "Музыкальная")
    application = await sh.apply(one, token)
    path = f"/api/schools/{await sh.school_id('Музыкальная')}/applications"
    await sh.post(admin, path, applications=[application], approve=True)
    assert {p["school_name"] for p in (await sh.get(one, "/api/profile"))["places"]} == {"Школа", "Музыкальная"}
    assert {p["school_name"] for p in (await sh.get(mate, f"/api/people/{one}"))["places"]} == {"Школа"}


async def test_pictures_are_made_small_and_safe(sh: SchoolHouse) -> None:
    """R-79: re-encoded without metadata, bounded in bytes and pixels; shown to those who may find the person."""
    one, mate = await sh.member("student", "7А"), await sh.member("student", "7А")
    far = await sh.member("student", "1А", "Другая")
    picture = Image.new("RGB", (1200, 800), "red")
    exif = Image.Exif()
    exif[0x010E] = "где снято"
    raw = io.BytesIO()
    picture.save(raw, "JPEG", exif=exif)
    status, answer = await sh.http(one, "PUT", "/api/profile/avatar", data=raw.getvalue())
    assert status == 200, answer
    status, webp = await sh.http(mate, "GET", answer["url"])
    kept = Image.open(io.BytesIO(webp))
    assert (status, kept.format, kept.size, dict(kept.getexif())) == (200, "WEBP", (512, 512), {})
    assert await sh.denied(far, "GET", answer["url"]) == "not_found"
    assert (await sh.get(mate, f"/api/people/{one}"))["avatar"] == answer["url"]
    for body, code in ((b"GIF89a nonsense", "avatar_unreadable"), (bytes(10 * 2**20 + 1), "avatar_too_big")):
        status, refusal = await sh.http(one, "PUT", "/api/profile/avatar", data=body)
        assert refusal["error"]["code"] == code
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    status, refusal = await sh.http(one, "PUT", "/api/profile/avatar", data=bomb.getvalue())
    assert refusal["error"]["code"] == "avatar_too_big"
    assert (await sh.http(one, "DELETE", "/api/profile/avatar"))[0] == 200
    assert await sh.denied(mate, "GET", answer["url"]) == "not_found"


async def test_links_are_explained_to_support(sh: SchoolHouse) -> None:
    """E-15: why a link fails and who can mend it."""
    from rtserver.school.doors import explain_link

    admin, child = await sh.member("admin", born=ADULT), await sh.newcomer(born=CHILD)
    await sh.member("student", "7А")
    url = f"http://school.test/i/{await sh.invite(admin, '7А')}"
    parent = f"http://school.test/p/{await sh.parent_link(child)}"

    async def explain(link: str) -> tuple[bool, str]:
        own = sh.schools
        works, lines = await sh.database.read(lambda c: explain_link(c, link, own.key, sh.now(), own.settings))
        return works, "\n".join(lines)

    assert (await explain(url))[0]
    assert (await explain(parent))[0]
    assert (await explain(url.replace("/i/", "/p/")))[0] is False
    assert (await explain("http://school.test/home"))[0] is False
    sh.shift_ms = 8 * DAY
    works, words = await explain(url)
    assert not works
    assert "invite_expired" in words
    assert "teacher" in words
    assert "Фамилия" not in (await explain(parent))[1], "support needs no names of children"


async def test_a_foreign_page_changes_nothing(sh: SchoolHouse) -> None:
    """CSRF: another site's origin is refused for every change, with a session's cookie or without."""
    admin = await sh.member("admin", born=ADULT)
    school = await sh.school_id()
    await sh.get(admin, "/api/desks")
    answer = await sh.client.post(
        f"/api/schools/{school}",
        json={"name": "Взлом"},
        headers={"Origin": "https://evil.example", "Cookie": f"rt_session={sh.tokens[admin]}"},
    )
    assert (answer.status, (await answer.json())["error"]["code"]) == (403, "forbidden_origin")
