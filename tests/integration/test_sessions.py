"""Sessions slide: 90 days from the last use, written at most once a day; the cookie follows at ``GET /api/me``."""

from __future__ import annotations

import pytest
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, update

from rtserver.actor import Actor
from rtserver.auth.sessions import SESSION_MS, Sessions, add_account, open_session
from rtserver.hub.hub import COOKIES
from rtserver.routes.public import add_routes, edge
from rtserver.wire.errors import AppError
from storage import tables as t
from storage.db import Database

DAY = 24 * 3_600_000
START = 1_790_000_000_000


class Clock:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


async def _session(database: Database) -> str:
    return await database.write(lambda c: open_session(c, add_account(c, "Маша", "Ким", START), "дом", START))


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


async def test_the_cookie_slides_with_its_session(database: Database) -> None:
    """Architecture §3: ``GET /api/me`` sets the cookie anew; one that ends with the browser stays so."""
    clock = Clock()
    sessions = Sessions(database, clock)
    token = await _session(database)

    async def end(_: Actor) -> None:
        raise AssertionError("nobody logs out here")

    app = web.Application(middlewares=[edge("support")])
    add_routes(app, database, sessions, clock, end, brand="rt", support="s", loopback=True)
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
        clock.now = START + 30 * DAY
        answer = await client.get("/api/me", headers={"Cookie": f"{COOKIES[1]}={token}"})
        assert answer.status == 200
        cookie = answer.cookies[COOKIES[1]]
        assert cookie.value == token
        assert (int(cookie["max-age"]), cookie["samesite"], cookie["path"]) == (SESSION_MS // 1000, "Lax", "/")
        assert cookie["httponly"]
        short = update(t.session).values(expires_ms=clock.now + DAY)
        await database.write(lambda c: c.execute(short).rowcount)
        answer = await client.get("/api/me", headers={"Cookie": f"{COOKIES[1]}={token}"})
        assert answer.status == 200
        assert COOKIES[1] not in answer.cookies
        assert (await client.get("/api/me")).status == 401
