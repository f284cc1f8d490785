"""Sessions slide: 90 days from the last use, written at most once a day; the cookie follows at ``GET /api/me``."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientSession, DummyCookieJar
from sqlalchemy import Connection, insert, select, update

from rtserver.app_auth import edge_settings
from rtserver.auth.sessions import SESSION_MS, Sessions, add_account, add_signin_link, open_session
from rtserver.config import load
from rtserver.routes.address import FORWARDING
from rtserver.wire.errors import AppError
from storage import tables as t
from storage.db import Database
from tests.integration.auth_house import VERSIONS, AuthHouse, auth_house

DAY = 24 * 3_600_000
START = 1_790_000_000_000


class Clock:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


async def _session(database: Database, at: int = START) -> str:
    return await database.write(lambda c: open_session(c, add_account(c, "Маша", "Ким", at), "дом", at))


async def _row(database: Database) -> tuple[int, int]:
    row = (await database.read(lambda c: c.execute(select(t.session.c.seen_ms, t.session.c.expires_ms)).all()))[0]
    return row.seen_ms, row.expires_ms


async def test_a_session_slides_once_a_day_and_ends_after_ninety(database: Database) -> None:
    """Architecture §3: use within 90 days keeps it for ever; 90 days of silence end it; hardly ever a commit."""
    clock = Clock()
    sessions = Sessions(database, clock)
    token = await _session(database)
    clock.now = START + DAY
    await sessions.admit(token)
    assert await _row(database) == (START, START + SESSION_MS), "not yet more than a day"
    for day in (80, 160, 240):
        clock.now = START + day * DAY
        await sessions.admit(token)
        assert await _row(database) == (clock.now, clock.now + SESSION_MS)
    clock.now += SESSION_MS
    with pytest.raises(AppError, match="session_ended"):
        await sessions.admit(token)


async def test_the_cookie_slides_with_its_session(auth: AuthHouse) -> None:
    """Architecture §3: ``GET /api/me`` sets the cookie anew; one that ends with the browser stays so."""
    token = await _session(auth.database, auth.now())
    auth.shift_ms += 30 * DAY
    async with ClientSession(auth.url, cookie_jar=DummyCookieJar()) as client:
        answer = await client.get("/api/me", headers={"Cookie": f"rt_session={token}"})
        assert answer.status == 200
        cookie = answer.cookies["rt_session"]
        assert cookie.value == token
        assert SESSION_MS // 1000 - 60 < int(cookie["max-age"]) <= SESSION_MS // 1000
        assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")
        assert cookie["httponly"]
        short = update(t.session).values(expires_ms=auth.now() + DAY)
        await auth.database.write(lambda c: c.execute(short).rowcount)
        answer = await client.get("/api/me", headers={"Cookie": f"rt_session={token}"})
        assert answer.status == 200
        assert "rt_session" not in answer.cookies
        assert (await client.get("/api/me")).status == 401


async def test_under_tls_only_the_cookie_of_this_host_counts(database: Database) -> None:
    """Session planting: a neighbour host, or a page without TLS, can set ``rt_session`` and not ``__Host-rt_session``.
    Behind a proxy that ends TLS the planted one logs nobody in, at no door; nor does the other without TLS.
    """
    async with auth_house(database, RT_SERVER__TRUSTED_PROXIES='["127.0.0.1"]') as auth:
        token = await _session(database, auth.now())
        tls, plain, host = {"X-Forwarded-Proto": "https"}, f"rt_session={token}", f"__Host-rt_session={token}"
        async with ClientSession(auth.url, cookie_jar=DummyCookieJar()) as client:
            for door in ("/api/me", "/api/auth/next", "/api/auth/sessions"):
                for headers, cookie, status in (
                    (tls, plain, 401),
                    (tls, host, 200),
                    (tls, f"{plain}; {host}", 200),
                    ({}, plain, 200),
                    ({}, host, 401),
                ):
                    answer = await client.get(door, headers={**headers, "Cookie": cookie})
                    assert answer.status == status, (door, headers, cookie.partition("=")[0])
            answer = await client.get("/api/me", headers={**tls, "Cookie": f"rt_session=planted; {host}"})
            assert answer.status == 200
            kept = answer.cookies["__Host-rt_session"]
            assert (kept.value, kept["secure"], kept["path"]) == (token, True, "/")
            answer = await client.post("/api/logout", headers={**tls, "Cookie": plain})
            assert answer.status == 401
            answer = await client.post("/api/logout", headers={**tls, "Cookie": host})
            assert answer.status == 200
            assert answer.cookies["__Host-rt_session"]["max-age"] == "0"
            assert (await client.get("/api/me", headers={**tls, "Cookie": host})).status == 401


async def test_a_demo_behind_tls_gets_the_cookie_of_this_host(database: Database) -> None:
    """The demo's door sets the cookie that the other doors will read."""
    async with auth_house(database, RT_SERVER__TRUSTED_PROXIES='["127.0.0.1"]') as auth:

        def demo(connection: Connection) -> str:
            connection.execute(insert(t.instance).values(key="demo", value="1"))
            return add_signin_link(connection, add_account(connection, "Маша", "Ким", START), "Маша", START)

        link = await database.write(demo)
        async with ClientSession(auth.url, cookie_jar=DummyCookieJar()) as client:
            for headers, name in (({"X-Forwarded-Proto": "https"}, "__Host-rt_session"), ({}, "rt_session")):
                answer = await client.get(f"/demo/{link}", headers=headers, allow_redirects=False)
                assert (answer.status, list(answer.cookies)) == (303, [name])
            for name in FORWARDING:
                answer = await client.get(f"/demo/{link}", headers={name: "203.0.113.1"}, allow_redirects=False)
                assert answer.status == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_another_sites_page_logs_nobody_out(auth: AuthHouse, headers: dict[str, str]) -> None:
    """CSRF: refused before the session is looked at."""
    browser = auth.browser()
    await browser.register("+79111111111")
    assert await browser.refused("POST", "/api/logout", {}, **headers) == "forbidden_origin"
    assert (await browser.get("/api/me"))["name"]


async def test_me_says_what_keeps_one_out(auth: AuthHouse) -> None:
    """R-56, S14: the hold is told where every page asks first."""
    browser = auth.browser()
    account = int((await browser.register("+79111111111"))["account"])
    assert (await browser.get("/api/me"))["hold"] == ""
    auth.schools.held.add(account)
    assert (await browser.get("/api/me"))["hold"] == "under_14"


async def test_newer_documents_reach_running_sessions(database: Database, tmp_path: Path) -> None:
    """E-17, R-40: after a new version ``/api/me`` names the document until it is accepted, without a new log-in; what
    was accepted before stays on record.
    """
    async with auth_house(database) as before:
        first = before.browser()
        await first.register("+79111111111")
        assert (await first.get("/api/me"))["documents"] == []
        token = first.cookie("rt_session")
    for language in ("ru", "en"):
        (tmp_path / f"privacy.2027-01.{language}.md").write_text("# Политика\n\nНовая", encoding="utf-8")
    async with auth_house(database, RT_AUTH__DOCUMENTS=str(tmp_path)) as after:
        browser = after.browser()
        browser.plant(rt_session=token)
        assert (await browser.get("/api/me"))["documents"] == ["privacy"]
        assert await browser.refused("POST", "/api/auth/documents", VERSIONS) == "documents_changed"
        shown = {**VERSIONS, "privacy_version": "2027-01"}
        assert await after.browser().refused("POST", "/api/auth/documents", shown) == "unauthorized"
        await browser.post("/api/auth/documents", shown)
        assert (await browser.get("/api/me"))["documents"] == []
        kept = [(one["document"], one["version"]) for one in (await browser.get("/api/auth/my-data"))["documents"]]
        assert kept == [("agreement", "2026-11"), ("privacy", "2026-11"), ("privacy", "2027-01")]


@pytest.mark.parametrize(("proxies", "warned"), [("[]", True), ('["127.0.0.1"]', False)])
def test_a_front_that_the_server_does_not_know_of_is_named(
    caplog: pytest.LogCaptureFixture, proxies: str, warned: bool
) -> None:
    """Architecture §3: an https address without trusted proxies would make every cookie a plain one, silently."""
    environment = {"RT_SERVER__URL": "https://school.example", "RT_SERVER__TRUSTED_PROXIES": proxies}
    edge_settings(load(None, environment))
    assert ("trusted_proxies is empty" in caplog.text) is warned
