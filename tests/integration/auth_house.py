"""Log-in served over real HTTP on loopback, with a clock that the test moves and browsers that keep cookies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
from aiohttp import web
from sqlalchemy import Connection
from yarl import URL

from rtserver.actor import Actor
from rtserver.app_auth import AuthParts, edge_settings, load_code_key
from rtserver.auth.senders.outbox import shown_codes
from rtserver.auth.sessions import Sessions, end_session
from rtserver.bus.base import Hint
from rtserver.bus.memory import MemoryBus
from rtserver.chat.class_rooms import ClassRooms
from rtserver.chat.rules import ChatLimits
from rtserver.chat.service import ChatService
from rtserver.clock import now_ms
from rtserver.config import Settings, load
from rtserver.routes.auth import add_external_return
from rtserver.routes.auth_endpoints import auth_endpoints
from rtserver.routes.http import add_endpoints
from rtserver.routes.openapi import add_openapi
from rtserver.routes.public import add_demo, edge
from rtserver.routes.session import session_endpoints
from rtserver.wire.errors import AppError
from rtserver.wire.family import ParentLinkCheck
from rtserver.wire.school import InviteCheck
from storage.db import Database

VERSIONS = {"agreement_version": "2026-11", "privacy_version": "2026-11"}
CHILD = {"first_name": "Алексей", "last_name": "Петров", "birth_date": "2013-03-04", "gender": "male"}
ADULT = {"first_name": "Марина", "last_name": "Петрова", "birth_date": "1985-03-04", "gender": "female"}
PASSWORD = "карандаш 9"
FAST = {"RT_AUTH__PASSWORD_MEMORY_KIB": "64", "RT_AUTH__PASSWORD_PASSES": "1"}


def an_invite(grade: int = 7, role: Any = "student") -> InviteCheck:
    return InviteCheck(
        school="1",
        school_name="Гимназия №1",
        class_id="2",
        class_name=f"{grade}А",
        grade=grade,
        role=role,
        invited_by="Светлана Д.",
        expires=now_ms() + 86_400_000,
        email_allowed=role == "student" and grade in range(1, 5),
    )


class Schools:
    """A school that behaves: invites by token, parents' links by token, applications in memory."""

    def __init__(self) -> None:
        self.invites: dict[str, InviteCheck | str] = {}
        self.named: dict[str, int] = {}
        self.links: dict[str, int | str] = {}
        self.children: set[int] = set()
        self.parents: set[tuple[str, int]] = set()
        self.applications: list[tuple[int, str]] = []
        self.declined: list[tuple[int, str]] = []
        self.held: set[int] = set()

    def check_invite(self, connection: Connection, token: str, now: int) -> InviteCheck:
        found = self.invites.get(token, "link_malformed")
        if isinstance(found, str):
            raise AppError(found)
        return found

    def named_invite(self, connection: Connection, token: str, now: int) -> int | None:
        return self.named.get(token)

    def check_parent_link(self, connection: Connection, token: str, viewer: int | None, now: int) -> ParentLinkCheck:
        found = self.links.get(token, "link_malformed")
        if isinstance(found, str):
            raise AppError(found)
        if found == viewer:
            raise AppError("self_parent")
        state: Literal["nobody", "other", "parent"] = "nobody" if viewer is None else "other"
        if viewer is not None and (token, viewer) in self.parents:
            state = "parent"
        return ParentLinkCheck(child_name="Алексей П.", expires=now + 1000, viewer=state)

    def is_child(self, connection: Connection, account: int, now: int) -> bool:
        return account in self.children

    def hold(self, connection: Connection, account: int, now: int) -> Literal["", "under_14", "consent_withdrawn"]:
        return "under_14" if account in self.held else ""

    def stage(self, connection: Connection, account: int) -> Literal["member", "waiting", "none"]:
        return "waiting" if any(one == account for one, _ in self.applications) else "none"

    def applied(self, connection: Connection, account: int, token: str, now: int) -> bool:
        return (account, token) in self.applications

    async def join(self, account: int, token: str) -> None:
        self.applications.append((account, token))

    async def decline(self, account: int, token: str) -> None:
        self.declined.append((account, token))

    def leave_everything(self, tx: Any, account: int) -> None:
        self.applications = [one for one in self.applications if one[0] != account]


class Refused(Exception):
    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.error = error
        self.code = error["code"]


class Browser:
    """One browser: cookies, a User-Agent, and whatever headers a test adds."""

    def __init__(self, house: AuthHouse, **headers: str) -> None:
        self.house = house
        self.http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0", **headers},
        )

    def cookie(self, name: str) -> str:
        return next((one.value for one in self.http.cookie_jar if one.key == name), "")

    def plant(self, **cookies: str) -> None:
        """Cookies that somebody else has put into the browser."""
        self.http.cookie_jar.update_cookies(cookies, URL(self.house.url))

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer's JSON; raises ``Refused`` with the code."""
        async with self.http.request(
            method, self.house.url + path, json=body, headers=headers, allow_redirects=False
        ) as answer:
            value = await answer.json(content_type=None)
            if answer.status != 200:
                raise Refused(answer.status, value["error"])
            return value

    async def get(self, path: str) -> Any:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return await self.ask("POST", path, {} if body is None else body, **headers)

    async def refused(self, method: str, path: str, body: Any = None, **headers: str) -> str:
        try:
            answer = await self.ask(method, path, body, **headers)
        except Refused as refusal:
            return str(refusal.code)
        raise AssertionError(f"{path} was not refused: {answer}")

    async def flow(self, step: str, **body: Any) -> Any:
        return await self.post(f"/api/auth/flow/{step}", body)

    async def flow_refused(self, step: str, **body: Any) -> str:
        return await self.refused("POST", f"/api/auth/flow/{step}", body)

    async def begin(self, start: str = "login", link: str = "", **more: Any) -> Any:
        return await self.post("/api/auth/flow", {"start": start, "link": link, **more})

    async def contact(self, contact: str, **more: Any) -> Any:
        return await self.flow("contact", contact=contact, **VERSIONS, **more)

    async def code(self, address: str) -> Any:
        return await self.flow("code", code=await self.house.code(address))

    async def register(
        self, contact: str, start: str = "login", link: str = "", password: str = PASSWORD, **profile: str
    ) -> Any:
        await self.begin(start, link)
        await self.contact(contact)
        await self.code(contact)
        return await self.flow("profile", **{**CHILD, **profile}, password=password)

    async def enter(self, contact: str, password: str = PASSWORD) -> Any:
        """Log in on whatever device this is."""
        view = await self.begin()
        view = await self.contact(contact)
        if view["state"] == "code":
            view = await self.code(contact)
        if view["state"] == "password":
            view = await self.flow("password", password=password)
        return view


class AuthHouse:
    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.schools = Schools()
        self.bus = MemoryBus()
        self.told: list[Hint] = []
        self.bus.subscribe(self.told.extend)
        self.shift_ms = 0
        self.chats = ChatService(database, self.bus, self.now, ChatLimits())
        self.url = ""
        self.parts: AuthParts
        self.browsers: list[Browser] = []

    def now(self) -> int:
        return now_ms() + self.shift_ms

    async def start(self) -> None:
        self.chats.start()
        self.key = await self.database.write(load_code_key)
        self.parts = AuthParts(self.settings, self.database, self.run, self.schools, self.now, self.key)
        self.parts.start()
        sessions = Sessions(self.database, self.now)
        own = edge_settings(self.settings)
        app = web.Application(middlewares=[edge("support@school.example", own.trusted_proxies)])
        self.endpoints = [
            *auth_endpoints(self.parts.doors),
            *session_endpoints(self.parts.session_doors(sessions, self.end_session)),
        ]
        add_endpoints(app, self.endpoints, sessions, own)
        add_external_return(app, self.parts.doors, sessions, own)
        add_openapi(app, self.endpoints, "rtserver")
        add_demo(app, self.database, self.now, own.trusted_proxies, loopback=True)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def close(self) -> None:
        for browser in self.browsers:
            await browser.http.close()
        await self.runner.cleanup()
        await self.parts.close()
        await self.chats.close()

    async def end_session(self, actor: Actor) -> None:
        await self.database.write(lambda c: end_session(c, actor.session, self.now()))

    async def run(self, task: Any) -> Any:
        return await self.chats.run(lambda work: task(ClassRooms(work)))

    def browser(self, **headers: str) -> Browser:
        made = Browser(self, **headers)
        self.browsers.append(made)
        return made

    async def code(self, address: str) -> str:
        """The newest code for a contact, from the outbox."""
        from rtserver.auth.contacts import read_contact

        wanted = read_contact(address).address
        codes = await self.database.read(lambda c: shown_codes(c, self.now()))
        return str(next(one["code"] for one in codes if one["address"] == wanted))

    async def codes_sent(self) -> int:
        return len(await self.database.read(lambda c: shown_codes(c, self.now())))


@asynccontextmanager
async def auth_house(database: Database, **environment: str) -> AsyncIterator[AuthHouse]:
    house = AuthHouse(database, load(None, {**FAST, **environment}))
    await house.start()
    try:
        yield house
    finally:
        await house.close()
