"""The printed sheet of a class and the named invites on it, on both engines."""

from __future__ import annotations

import re
from typing import Any

import aiohttp

from storage import auth_tables as a
from tests.integration.auth_house import VERSIONS
from tests.school_house import ADULT, SchoolHouse, s


async def a_list(sh: SchoolHouse, admin: int) -> dict[str, Any]:
    """Three pupils of 7А and one of 7Б; their invites by name."""
    rows = [
        "Иванова Маша;01.02.2013;7А",
        "Петров Коля;02.02.2013;7А",
        "Сидоров Петя;03.02.2013;7А",
        "Ким Аня;04.02.2013;7Б",
    ]
    school = await sh.school_id()
    body = "\n".join(["ФИО;Дата рождения;Класс", *rows]).encode()
    status, told = await sh.http(admin, "POST", f"/api/schools/{school}/list?dry_run=0", data=body)
    assert (status, told["added"]) == (200, 4)
    return {one["named"]: one for one in (await sh.get(admin, f"/api/schools/{school}/invites"))["invites"]}


async def test_a_printed_code_registers_its_own_pupil(sh: SchoolHouse) -> None:
    """D12: the sheet's code stands for an SMS of its own pupil's invite, once; printing again makes the earlier ones
    dead; the journal has the printing, no table and no journal the codes.
    """
    admin = await sh.member("admin", born=ADULT)
    head = await sh.member("class_teacher", "7А", born=ADULT)
    invites = await a_list(sh, admin)
    path = f"/api/schools/{await sh.school_id()}/sheet?class={await sh.class_id('7А')}"
    _, plain = await sh.http(head, "GET", path)
    assert 'class="code"' not in plain.decode()
    assert await sh.rows(a.paper_code) == 0

    async def printed() -> dict[str, str]:
        status, page = await sh.http(head, "POST", path)
        assert status == 200
        cards = re.findall(r'class="name">([^<]+)<.*?class="code">([^<]+)<', page.decode())
        return dict(cards)

    first, second = await printed(), await printed()
    assert set(first) == set(second) == {"Иванова Маша", "Петров Коля", "Сидоров Петя"}
    assert not set(first.values()) & set(second.values())
    assert all(re.fullmatch(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", code) for code in second.values())
    link = invites["Иванова Маша"]["url"].rpartition("/")[2]
    async with aiohttp.ClientSession(sh.client.make_url("/"), cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

        async def ask(step: str, **body: Any) -> tuple[int, Any]:
            async with http.post(f"/api/auth/flow{step}", json=body) as answer:
                return answer.status, await answer.json()

        await ask("", start="invite", link=link)
        status, view = await ask("/contact", contact="+79111111111", channel="paper", **VERSIONS)
        assert (status, view["channel"], "paper" in view["channels"]) == (200, "paper", True)
        for wrong in (first["Иванова Маша"], second["Петров Коля"]):
            assert (await ask("/code", code=wrong))[1]["error"]["code"] == "code_wrong"
        status, view = await ask("/code", code=second["Иванова Маша"])
        assert (status, view["state"]) == (200, "profile")
    raw = await sh.database.read(lambda c: repr(c.execute(a.paper_code.select()).all()))
    entries = (await sh.get(admin, f"/api/schools/{await sh.school_id()}/journal"))["entries"]
    assert [(one["action"], one["class_name"], one["detail"]) for one in entries[:2]] == [
        ("codes.printed", "7А", "3 codes"),
        ("codes.printed", "7А", "3 codes"),
    ]
    for code in (*first.values(), *second.values()):
        assert code.replace("-", "") not in raw + str(entries)


async def test_codes_are_printed_by_the_own_page_alone(sh: SchoolHouse) -> None:
    """CSRF: a page of another site would make all cards of a class worthless; a link cannot do it either."""
    admin = await sh.member("admin", born=ADULT)
    await sh.member("class_teacher", "7Б", born=ADULT)
    await a_list(sh, admin)
    path = f"/api/schools/{await sh.school_id()}/sheet"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await sh.client.post(path, headers={"Authorization": f"Bearer {sh.tokens[admin]}", **headers})
        assert answer.status == 403
    assert (await sh.http(admin, "GET", path))[0] == 200
    assert await sh.rows(a.paper_code) == 0


async def test_a_revoked_card_is_made_anew(sh: SchoolHouse) -> None:
    """R-37: a pupil's lost card is revoked and renewed, in whatever order, with the pupil's name, and is recorded."""
    admin = await sh.member("admin", born=ADULT)
    invites = await a_list(sh, admin)
    school = await sh.school_id()
    old = invites["Петров Коля"]
    await sh.post(admin, f"/api/schools/{school}/invites/{old['id']}/revoke")
    new = await sh.post(admin, f"/api/schools/{school}/invites/{old['id']}/renew")
    assert (new["named"], new["state"], new["class_name"]) == ("Петров Коля", "active", "7А")
    newest = await sh.post(admin, f"/api/schools/{school}/invites/{new['id']}/renew")
    listed = (await sh.get(admin, f"/api/schools/{school}/invites"))["invites"]
    assert [one["id"] for one in listed if one["named"] == "Петров Коля"] == [newest["id"]]
    for dead in (old, new):
        assert await sh.denied(None, "GET", f"/api/invites/{dead['url'].rpartition('/')[2]}") == "invite_revoked"
    assert (await sh.journal(admin))[:3] == ["invite.renewed", "invite.renewed", "invite.revoked"]


async def test_taking_data_away_is_recorded(sh: SchoolHouse) -> None:
    """E-14, E-16: who exported what; a refused one leaves no entry."""
    admin, head = await sh.member("admin", born=ADULT), await sh.member("class_teacher", "7А", born=ADULT)
    school = await sh.school_id()
    assert (await sh.http(head, "GET", f"/api/schools/{school}/export/members.csv"))[0] == 403
    assert (await sh.http(admin, "GET", f"/api/schools/{school}/export/members.csv"))[0] == 200
    entries = (await sh.get(admin, f"/api/schools/{school}/journal"))["entries"]
    assert [(one["action"], one["detail"]) for one in entries] == [("data.exported", "members")]


async def test_a_whole_school_is_imported_at_once(sh: SchoolHouse) -> None:
    """E-16: as many pupils as the largest lists have, in one file; each with a row and an invite of their own."""
    admin = await sh.member("admin", born=ADULT)
    rows = [f"Фамилия{n} Имя{n};{n % 27 + 1:02}.03.2013;{n % 9 + 1}{'АБВГД'[n % 5]}" for n in range(4_000)]
    body = "\n".join(["ФИО;Дата рождения;Класс", *rows]).encode()
    path = f"/api/schools/{await sh.school_id()}/list?dry_run=0"
    status, told = await sh.http(admin, "POST", path, data=body)
    assert (status, told["added"]) == (200, 4_000)
    assert (await sh.rows(s.roster), await sh.rows(s.invite)) == (4_000, 4_000)
    status, told = await sh.http(admin, "POST", path, data=body.replace("1А".encode(), "2Я".encode()))
    assert (status, told["added"]) == (200, 0)
    assert told["updated"] > 80
