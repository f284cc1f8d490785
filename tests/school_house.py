"""A school over the real services and the real HTTP edge, in this process: what the tests of schools drive."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection, func, select

from rtserver.actor import Actor
from rtserver.app_auth import AuthParts
from rtserver.auth.claims import make_claim, waiting_claims
from rtserver.auth.people import add_contact
from rtserver.auth.sessions import Sessions, add_account, end_session, open_session
from rtserver.chat.class_rooms import ClassRooms
from rtserver.chat.resume import StreamLogs
from rtserver.config import load
from rtserver.routes.admin import add_operator_schools
from rtserver.routes.auth_endpoints import auth_endpoints
from rtserver.routes.desk import desk_doors
from rtserver.routes.family import family_doors
from rtserver.routes.http import EdgeSettings, Endpoint, add_endpoints
from rtserver.routes.public import edge
from rtserver.routes.school import school_doors
from rtserver.routes.school_files import add_school_files, file_routes
from rtserver.routes.school_sheet import add_school_sheet
from rtserver.routes.session import session_endpoints
from rtserver.school.enrol import enrol
from rtserver.school.gate import Gate, GatedLogs
from rtserver.school.links import LinkKey
from rtserver.school.service import SchoolService
from rtserver.school.settings import SchoolSettings
from rtserver.wire.types import SchoolRole
from storage import school_tables as s
from storage import tables as t
from storage.db import Database
from storage.ids import parse_id, wire_id
from storage.search import fold
from tests.house import House

CHILD, TEEN, ADULT = "2014-05-20", "2009-03-01", "1984-07-15"
"""Birth dates: 12, 17 and 42 years at the end of November 2026, and so at least for the length of a run."""


class SchoolHouse(House):
    """HTTP by account, beside the commands of ``House``; both behind the gate."""

    client: TestClient[web.Request, web.Application]
    operator: TestClient[web.Request, web.Application]

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.gate = Gate(database, self.now)
        self.bus.subscribe(self.gate.receive)
        self.handlers = self.gate.guard(self.handlers)
        self.logs = GatedLogs(StreamLogs(database), self.gate)

        async def run(task: Any) -> Any:
            return await self.service.run(lambda work: task(ClassRooms(work)))

        self.schools = SchoolService(
            database, run, self.gate, LinkKey(bytes(range(32))), SchoolSettings(url="http://school.test"), self.now
        )
        self.sessions = Sessions(database, self.now)
        self.tokens: dict[int, str] = {}
        self.key = bytes(range(32, 64))
        settings = load(None, {"RT_AUTH__PASSWORD_MEMORY_KIB": "64", "RT_AUTH__PASSWORD_PASSES": "1"})
        self.auth_settings = settings.auth.settings(settings.server)
        self.auth = AuthParts(settings, database, run, self.schools.doors, self.now, self.key)
        self.own_endpoints: list[Endpoint] = [
            *auth_endpoints(self.auth.doors),
            *session_endpoints(self.auth.session_doors(self.sessions, self._end)),
        ]
        """Doors of one's own account and log-in, which ``tests/integration/test_auth_*`` prove."""
        self.endpoints: list[Endpoint] = [
            *school_doors(self.schools).endpoints,
            *family_doors(self.schools).endpoints,
            *desk_doors(self.schools).endpoints,
        ]

    async def open(self) -> None:
        self.service.start()
        public = web.Application(middlewares=[edge("support@school.example")], client_max_size=32 * 2**20)
        add_endpoints(public, [*self.endpoints, *self.own_endpoints], self.sessions, EdgeSettings())
        files = file_routes(public, self.schools, self.sessions, EdgeSettings())
        add_school_files(files, self.schools)
        add_school_sheet(files, self.schools, self.auth.make_codes)
        self.client = TestClient(TestServer(public))
        await self.client.start_server()
        operator = web.Application(middlewares=[edge("support@school.example")])
        add_operator_schools(operator, self.schools, ())
        self.operator = TestClient(TestServer(operator))
        await self.operator.start_server()

    async def close(self) -> None:
        await self.client.close()
        await self.operator.close()
        await self.auth.close()
        await self.service.close()

    async def _end(self, actor: Actor) -> None:
        await self.database.write(lambda c: end_session(c, actor.session, self.now()))

    # --- people --------------------------------------------------------------------------------------------

    async def newcomer(self, first: str = "Имя", last: str = "Фамилия", born: str | None = ADULT) -> int:
        """A registered account of no school."""

        def make(connection: Connection) -> int:
            account = add_account(connection, first, last, self.now(), birth_date=born)
            connection.execute(
                t.account.update().where(t.account.c.id == account).values(name_fold=fold(f"{first} {last}"))
            )
            return account

        return await self.database.write(make)

    async def member(
        self, role: SchoolRole, klass: str = "", school: str = "Школа", *, born: str | None = TEEN, name: str = "Имя"
    ) -> int:
        """Somebody with a role from the start, as the operator's command line makes them."""

        def make(connection: Connection) -> int:
            account = add_account(connection, name, "Фамилия", self.now(), birth_date=born)
            enrol(connection, account, role, school, klass, "", self.now())
            return account

        return await self.database.write(make)

    async def school_id(self, name: str = "Школа") -> str:
        query = select(t.school.c.id).where(t.school.c.name == name)
        return wire_id(await self.database.read(lambda c: c.execute(query).scalar_one()))

    async def class_id(self, name: str, school: str = "Школа") -> str:
        query = (
            select(t.school_class.c.id)
            .join(t.school, t.school.c.id == t.school_class.c.school_id)
            .where(t.school_class.c.name == name, t.school.c.name == school)
        )
        return wire_id(await self.database.read(lambda c: c.execute(query).scalar_one()))

    # --- doors ---------------------------------------------------------------------------------------------

    async def http(self, who: int | None, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and decoded JSON (or bytes) of one request."""
        headers = {}
        if who is not None:
            if who not in self.tokens:
                self.tokens[who] = await self.database.write(lambda c: open_session(c, who, "test", self.now()))
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        if method == "POST" and body is None and "data" not in more and "json" not in more:
            body = {}
        answer = await self.client.request(
            method, path, headers=headers, **({} if body is None else {"json": body}), **more
        )
        kind = answer.content_type
        return answer.status, await answer.json() if kind == "application/json" else await answer.read()

    async def get(self, who: int | None, path: str) -> Any:
        status, answer = await self.http(who, "GET", path)
        assert status == 200, (path, answer)
        return answer

    async def post(self, who: int | None, path: str, **body: Any) -> Any:
        status, answer = await self.http(who, "POST", path, body)
        assert status == 200, (path, answer)
        return answer

    async def denied(self, who: int | None, method: str, path: str, **body: Any) -> str:
        """The code of the refusal that must come."""
        status, answer = await self.http(who, method, path, body if method == "POST" else None)
        assert status >= 400, (path, answer)
        assert status < 500, (path, answer)
        assert answer["error"]["message"]
        code: str = answer["error"]["code"]
        return code

    # --- short ways ----------------------------------------------------------------------------------------

    async def invite(self, who: int, klass: str | None, school: str = "Школа", **more: Any) -> str:
        """The token of a new invite."""
        fields = {} if klass is None else {"class_id": await self.class_id(klass, school)}
        made = await self.post(who, f"/api/schools/{await self.school_id(school)}/invites", **fields, **more)
        return str(made["url"]).rpartition("/")[2]

    async def apply(self, who: int, token: str) -> str:
        return str((await self.post(who, "/api/applications", invite=token))["id"])

    async def decide(self, who: int, application: str, *, approve: bool = True, reason: str = "") -> Any:
        path = f"/api/schools/{await self.school_id()}/applications"
        return await self.post(who, path, applications=[application], approve=approve, reason=reason)

    async def decide_request(self, number: int, what: str, **body: str) -> tuple[int, Any]:
        """The operator's decision on a school's request: ``approve`` or ``refuse``."""
        answer = await self.operator.post(f"/api/admin/school-requests/{number}/{what}", json=body)
        return answer.status, await answer.json()

    async def parent_link(self, child: int) -> str:
        return str((await self.post(child, "/api/family/link"))["url"]).rpartition("/")[2]

    async def confirm(self, parent: int, token: str, **child: Any) -> Any:
        data = await self.get(parent, f"/api/parent-links/{token}/child")
        body: dict[str, Any] = {"consent": True, "consent_version": data["consent_version"]}
        if child:
            kept = ("first_name", "last_name", "patronymic", "gender", "birth_date")
            body["child"] = {**{key: data[key] for key in kept}, **child}
        return await self.post(parent, f"/api/parent-links/{token}/confirm", **body)

    async def claim(self, owner: int, phone: str) -> str:
        """Somebody says that this number of the owner's is theirs now (D20); the request's id."""

        def make(tx: Any) -> str:
            assert add_contact(tx.connection, owner, "phone", phone, tx.now)
            assert make_claim(tx, phone, self.auth_settings) is None
            return next(one.id for one in waiting_claims(tx.connection, owner))

        return str(await self.schools.change(make))

    async def chats(self, who: int) -> list[str]:
        return [chat.title for chat in (await self.do(who, "chat.list")).chats]

    def told_to(self, account: int, kind: str) -> list[Any]:
        """Events of one kind that the bus brought to an account."""
        tag = [h.event for h in self.told if h.stream == f"account:{account}"]
        return [event for event in tag if event.__struct_config__.tag == kind]

    async def rows(self, table: Any) -> int:
        return await self.database.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one())

    async def journal(self, admin: int) -> list[str]:
        entries = (await self.get(admin, f"/api/schools/{await self.school_id()}/journal"))["entries"]
        return [entry["action"] for entry in entries]


__all__ = ["ADULT", "CHILD", "TEEN", "SchoolHouse", "parse_id", "s"]
