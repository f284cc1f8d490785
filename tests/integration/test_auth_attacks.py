"""What strangers try: guessing, listing, reusing, planting and forging. Over HTTP, on both engines."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from multidict import CIMultiDict
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from storage import auth_tables as a
from storage import tables as t
from storage.db import Database
from tests.integration.auth_house import CHILD, PASSWORD, VERSIONS, AuthHouse, Browser, an_invite, auth_house

PHONE = "+79111111111"
STRANGE = "+79119999999"


async def at_password(auth: AuthHouse, contact: str) -> Browser:
    browser = auth.browser()
    await browser.begin()
    await browser.contact(contact)
    await browser.code(contact)
    return browser


async def test_five_wrong_tries_end_a_code(auth: AuthHouse) -> None:
    """D1: the right code does not help afterwards; another one is needed."""
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    right = await auth.code(PHONE)
    wrong = "000000" if right != "000000" else "111111"
    codes = [await browser.flow_refused("code", code=wrong) for _ in range(6)]
    assert codes == ["code_wrong"] * 4 + ["code_dead"] * 2
    assert await browser.flow_refused("code", code=right) == "code_dead"


async def test_a_code_lives_ten_minutes_and_works_once(auth: AuthHouse) -> None:
    """D1."""
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    right = await auth.code(PHONE)
    auth.shift_ms += 600_000
    assert await browser.flow_refused("code", code=right) == "code_expired"
    await browser.flow("resend")
    right = await auth.code(PHONE)
    await browser.flow("code", code=right)
    await browser.flow("change")
    assert await browser.flow_refused("code", code=right) == "flow_step"


async def test_a_code_works_only_in_its_own_flow(auth: AuthHouse) -> None:
    """A code read over a shoulder is worth nothing in another browser."""
    mine, other = auth.browser(), auth.browser()
    for browser in (mine, other):
        await browser.begin()
    await mine.contact(PHONE)
    code = await auth.code(PHONE)
    await other.contact(PHONE)
    assert await other.flow_refused("code", code=code) in {"code_wrong"}


async def test_guessing_codes_over_many_flows_is_counted_for_the_contact(auth: AuthHouse) -> None:
    """D19: new flows and new codes bring no new tries."""
    refusals: Counter[str] = Counter()
    for _ in range(4):
        browser = auth.browser()
        await browser.begin()
        view = await browser.ask("POST", "/api/auth/flow/contact", {"contact": PHONE, **VERSIONS})
        right = await auth.code(PHONE)
        wrong = "000000" if right != "000000" else "111111"
        assert view["state"] == "code"
        for _ in range(5):
            refusals[await browser.flow_refused("code", code=wrong)] += 1
    assert refusals["too_many_attempts"] == 5
    assert refusals["code_wrong"] + refusals["code_dead"] == 15


async def test_codes_cannot_be_used_to_flood_a_phone(auth: AuthHouse) -> None:
    """D19: five codes to one contact in 15 minutes, whoever asks."""
    for _ in range(5):
        browser = auth.browser()
        await browser.begin()
        await browser.contact(PHONE)
    browser = auth.browser()
    await browser.begin()
    assert await browser.flow_refused("contact", contact=PHONE, **VERSIONS) == "too_many_attempts"
    auth.shift_ms += 40 * 60_000
    await browser.contact(PHONE)


async def test_guessing_passwords_is_counted_for_the_account(auth: AuthHouse) -> None:
    """D19: ten failures, then even the right one waits; afterwards it enters."""
    await auth.browser().register(PHONE)
    browser = await at_password(auth, PHONE)
    for _ in range(10):
        assert await browser.flow_refused("password", password="не тот пароль") == "password_wrong"
    assert await browser.flow_refused("password", password=PASSWORD) == "too_many_attempts"
    auth.shift_ms += 35 * 60_000
    assert (await browser.flow("password", password=PASSWORD))["state"] == "signed_in"


async def test_guessing_is_logged_without_what_was_guessed(auth: AuthHouse, caplog: pytest.LogCaptureFixture) -> None:
    """Issue 3: refusals stand in the log by door and code; no phone, no code, no password, no link's token does."""
    caplog.set_level(logging.INFO, "rtserver")
    mine = auth.browser()
    account = int((await mine.register(PHONE))["account"])
    browser = await at_password(auth, PHONE)
    for _ in range(11):
        await browser.refused("POST", "/api/auth/flow/password", {"password": "СЕКРЕТ-догадка"})
    await browser.refused("GET", "/api/auth/next")
    await browser.refused("POST", "/api/auth/flow", {"start": "invite", "link": "SECRETLINK"})
    await mine.get("/api/me")
    lines = [(r.levelname, r.door, r.code, getattr(r, "account", None)) for r in caplog.records if r.msg == "request"]
    assert lines.count(("INFO", "POST /api/auth/flow/password", "password_wrong", None)) == 10
    assert ("WARNING", "POST /api/auth/flow/password", "too_many_attempts", None) in lines
    assert ("INFO", "POST /api/auth/flow", "link_malformed", None) in lines
    assert ("INFO", "GET /api/me", "ok", account) in lines
    everything = str([vars(record) for record in caplog.records if record.name.startswith("rtserver")])
    for secret in ("9111111111", "СЕКРЕТ", "SECRETLINK", PASSWORD, await auth.code(PHONE)):
        assert secret not in everything


async def test_failures_count_before_attempts(auth: AuthHouse) -> None:
    """D19: people who type the right thing are never in each other's way."""
    for number in range(3):
        await auth.browser().register(f"+7911000000{number}")
    browser = auth.browser()
    for _ in range(20):
        view = await browser.begin()
        assert view["state"] in {"contact", "signed_in"}


async def test_a_schools_network_gets_a_higher_bound(database: Database) -> None:
    """D19: 65 codes for one address pass inside ``school_networks``, and not outside."""
    for networks, passes in (("[]", False), ('["127.0.0.0/8"]', True)):
        async with auth_house(database, RT_AUTH__SCHOOL_NETWORKS=networks) as auth:
            refused = []
            for number in range(65):
                browser = auth.browser()
                await browser.begin()
                try:
                    await browser.contact(f"+791{1 + passes}55{number:05}")
                except Exception as refusal:
                    refused.append(str(refusal))
            assert (not refused) is passes
            assert all("too_many_attempts" in one for one in refused)


async def statements_of(auth: AuthHouse, step: Any) -> list[str]:
    """The SQL that a step runs, without its values."""
    heard: list[str] = []

    def hear(_c: Any, _cu: Any, statement: str, _p: Any, _x: Any, _m: Any) -> None:
        if "outgoing" not in statement and not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):  # the courier's
            heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        await step
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return heard


async def test_known_and_unknown_contacts_cost_the_same_work(auth: AuthHouse) -> None:
    """Issue 3 item 2: the same statements for the contact; for the password the same number of argon2 verifications."""
    await auth.browser().register(PHONE)
    ran = []
    for contact in (PHONE, STRANGE):
        browser = auth.browser()
        await browser.begin()
        ran.append(await statements_of(auth, browser.contact(contact)))
    assert ran[0] == ran[1]
    assert len(ran[0]) > 5


async def test_without_codes_a_password_for_nobody_is_verified_like_any(database: Database) -> None:
    """D5, D12: a server with paper codes only asks everybody for a password, and the unknown cost an argon2 too."""
    async with auth_house(database, RT_AUTH__PHONE_SENDER="none", RT_AUTH__EMAIL_SENDER="none") as auth:
        browser = auth.browser()
        await browser.begin()
        view = await browser.contact(STRANGE)
        assert (view["state"], view["recognised"]) == ("password", None)
        before = auth.parts.passwords.verifications
        assert await browser.flow_refused("password", password="какой-то") == "password_wrong"
        assert auth.parts.passwords.verifications == before + 1


async def test_links_and_tokens_cannot_be_guessed(auth: AuthHouse) -> None:
    """Made-up flows, sessions, QR codes and invites open nothing."""
    browser = auth.browser()
    for name in ("rt_flow", "rt_session", "rt_device"):
        browser.plant(**{name: "A" * 43})
    assert await browser.refused("GET", "/api/auth/flow") == "flow_unknown"
    assert await browser.refused("GET", "/api/auth/next") == "unauthorized"
    assert await browser.refused("POST", "/api/auth/flow", {"start": "invite", "link": "A" * 34}) == "link_malformed"
    await browser.register(PHONE)
    assert await browser.refused("POST", "/api/auth/qr/look", {"token": "A" * 43}) == "qr_expired"
    assert await browser.refused("DELETE", "/api/auth/sessions/1") == "session_unknown"


async def test_a_planted_session_or_flow_is_worth_nothing_after_log_in(auth: AuthHouse) -> None:
    """Session fixation: log-in makes new tokens; who planted the old ones sees nothing."""
    await auth.browser().register(PHONE)
    attacker, victim = auth.browser(), auth.browser()
    await attacker.begin()
    planted = attacker.cookie("rt_flow")
    victim.plant(rt_flow=planted, rt_session="planted-token")
    await victim.contact(PHONE)
    await victim.code(PHONE)
    await victim.flow("password", password=PASSWORD)
    assert victim.cookie("rt_flow") != planted
    assert victim.cookie("rt_session") != "planted-token"
    assert await attacker.refused("GET", "/api/auth/flow") == "flow_unknown"
    assert await attacker.refused("GET", "/api/me") == "unauthorized"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=["origin", "null", "cross-site", "same-site"],
)
async def test_pages_of_other_sites_change_nothing(auth: AuthHouse, headers: dict[str, str]) -> None:
    """CSRF: refused by Origin and Fetch Metadata, whatever the path; a form's content type too."""
    browser = auth.browser()
    await browser.register(PHONE)
    for endpoint in auth.endpoints:
        if endpoint.method != "GET":
            path = endpoint.path.replace("{", "").replace("}", "")
            assert await browser.refused(endpoint.method, path, {}, **headers) == "forbidden_origin"
    assert (await browser.get("/api/me"))["name"] == "Алексей Петров"


async def test_a_form_is_no_json(auth: AuthHouse) -> None:
    """CSRF without headers: an old browser's form cannot say application/json."""
    browser = auth.browser()
    async with browser.http.post(
        auth.url + "/api/auth/flow", data='{"start": "login"}', headers={"Content-Type": "text/plain"}
    ) as answer:
        assert (answer.status, (await answer.json())["error"]["detail"]) == (400, "content-type")


async def test_bodies_are_bounded_and_strict(auth: AuthHouse) -> None:
    """E-15: too big, not JSON, unknown fields, wrong types, unknown query parameters."""
    browser = auth.browser()
    assert await browser.refused("POST", "/api/auth/flow", {"link": "x" * 100_000}) == "too_big"
    assert await browser.refused("POST", "/api/auth/flow", {"role": "admin"}) == "unknown_field"
    assert await browser.refused("POST", "/api/auth/flow", [1]) == "bad_request"
    assert await browser.refused("GET", "/api/auth/flow?debug=1") == "unknown_field"
    deep = b'{"link": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    odd = (
        deep,
        b'{"link": "\\ud800"}',
        b'{"link": "a\x01"}',
        b'{"link": "\xff"}',
        b'{"lasting": 1e999}',
        b'{"link": "x", "link": ' + b"9" * 5_000 + b"}",
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"",
    )
    for body in odd:
        headers = {"Content-Type": "application/json"}
        async with browser.http.post(auth.url + "/api/auth/flow", data=body, headers=headers) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_request"), body[:40]

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 4_096

    async with browser.http.post(  # no Content-Length: counted while it is read
        auth.url + "/api/auth/flow", data=endless(), headers={"Content-Type": "application/json"}
    ) as answer:
        assert (await answer.json())["error"]["code"] == "too_big"


async def test_forged_forwarding_headers_move_no_limit(auth: AuthHouse) -> None:
    """D19: only a trusted proxy may say whose address it is."""
    for number in range(60):
        browser = auth.browser(**{"X-Forwarded-For": f"10.0.{number}.1"})
        await browser.begin()
        await browser.contact(f"+79117{number:06}")
    last = auth.browser(**{"X-Forwarded-For": "10.1.1.1"})
    await last.begin()
    assert await last.flow_refused("contact", contact=PHONE, **VERSIONS) == "too_many_attempts"


async def test_a_line_of_the_clients_own_is_not_the_proxys(database: Database) -> None:
    """D19: a proxy that adds a header line below the client's (HAProxy does) passes on no forged one."""
    async with auth_house(database, RT_SERVER__TRUSTED_PROXIES='["127.0.0.1"]', RT_AUTH__SENDS_ADDRESS="3") as auth:
        for number in range(4):
            browser = auth.browser()
            await browser.begin()
            headers = [("X-Forwarded-For", f"198.51.100.{number}"), ("X-Forwarded-For", "203.0.113.7")]
            given = {"contact": f"+79117{number:06}", **VERSIONS}
            async with browser.http.post(
                auth.url + "/api/auth/flow/contact", json=given, headers=CIMultiDict(headers)
            ) as answer:
                assert answer.status == (200 if number < 3 else 429)


async def test_a_trusted_proxy_names_the_client(database: Database) -> None:
    """Architecture §3: limits then count the client's address, and cookies are Secure and __Host- under its TLS."""
    async with auth_house(database, RT_SERVER__TRUSTED_PROXIES='["127.0.0.1"]') as auth:
        for number in range(61):
            browser = auth.browser(**{"X-Forwarded-For": f"203.0.113.{number}"})
            await browser.begin()
            await browser.contact(f"+79117{number:06}")
        browser = auth.browser()
        async with browser.http.post(
            auth.url + "/api/auth/flow", json={}, headers={"X-Forwarded-Proto": "https"}
        ) as answer:
            cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-rt_flow=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


async def test_secrets_are_not_in_the_database(auth: AuthHouse) -> None:
    """Quality bar: tokens, codes and passwords at rest are digests."""
    auth.schools.invites["good"] = an_invite()
    browser = auth.browser()
    await browser.begin("invite", "good")
    await browser.contact(PHONE)
    code = await auth.code(PHONE)
    await browser.flow("code", code=code)
    await browser.flow("profile", **CHILD, password=PASSWORD)

    def dump(connection: Any) -> str:
        tables = (a.flow, a.code, a.password, a.known_device, a.attempt, t.session)
        return repr([connection.execute(select(table)).all() for table in tables])

    everything = await auth.database.read(dump)
    secrets = (code, PASSWORD, *(browser.cookie(name) for name in ("rt_flow", "rt_session", "rt_device")))
    assert all(secret not in everything for secret in secrets)


async def test_a_paper_code_works_once_for_its_own_pupil(auth: AuthHouse) -> None:
    """D12: bound to a named invite, used up by one registration, dead for another invite and after many tries."""
    from rtserver.auth.senders.paper import make_sheet

    auth.schools.invites |= {"masha": an_invite(), "kolya": an_invite()}
    auth.schools.named |= {"masha": 11, "kolya": 12}
    sheet = await auth.database.write(lambda c: make_sheet(c, auth.key, [11, 12], auth.now(), auth.now() + 86_400_000))
    browser = auth.browser()
    await browser.begin("invite", "masha")
    view = await browser.contact(PHONE, channel="paper")
    assert (view["channel"], view["code_digits"]) == ("paper", 8)
    assert await browser.flow_refused("code", code=sheet[12]) == "code_wrong"
    typed = f"{sheet[11][:4].lower()}-{sheet[11][4:]}"
    assert (await browser.flow("code", code=typed))["state"] == "profile"
    again = auth.browser()
    await again.begin("invite", "masha")
    assert await again.flow_refused("contact", contact=STRANGE, channel="paper", **VERSIONS) == "channel_unavailable"
    outsider = auth.browser()
    await outsider.begin()
    assert await outsider.flow_refused("contact", contact=STRANGE, channel="paper", **VERSIONS) == "channel_unavailable"


async def test_tabs_at_once_get_one_log_in_from_one_code(auth: AuthHouse) -> None:
    """A code typed in two tabs of one browser at the same moment: one wins, the other is told the step is over."""
    await auth.browser().register(PHONE, password="")
    browser = auth.browser()
    await browser.begin()
    await browser.contact(PHONE)
    code = await auth.code(PHONE)
    outcomes = await asyncio.gather(*(browser.flow("code", code=code) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, dict) for one in outcomes) == 1
