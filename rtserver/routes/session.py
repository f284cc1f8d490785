"""What every open page asks about its own session: who am I, log out, newer documents. Decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from rtserver.actor import Actor
from rtserver.auth import people
from rtserver.auth.documents import Documents
from rtserver.auth.ports import Run, Schools, Transaction
from rtserver.auth.sessions import Sessions
from rtserver.wire import auth as w
from rtserver.wire.school import Empty, Ok
from storage.db import Database
from storage.ids import wire_id

from .auth import FLOW_COOKIE
from .http import SESSION_COOKIE, Call, Endpoint


@dataclass(frozen=True, slots=True)
class SessionDoors:
    """What the endpoints call. ``end`` ends a session and tells its sockets."""

    database: Database
    run: Run
    sessions: Sessions
    schools: Schools
    documents: Documents
    clock: Callable[[], int]
    end: Callable[[Actor], Awaitable[None]]
    brand: str
    support: str


def session_endpoints(doors: SessionDoors) -> list[Endpoint]:
    """``/api/me``, ``/api/logout`` and ``/api/auth/documents``."""

    async def me(call: Call) -> w.Me:
        """Pages ask it when they open, so the cookie slides here as its session does: 90 days from use."""
        actor, now = call.signed, doors.clock()

        def standing(connection: Connection) -> tuple[w.HoldReason, list[w.Document]]:
            due = people.documents_due(connection, actor.account, doors.documents.versions())
            return doors.schools.hold(connection, actor.account, now), due

        hold, due = await doors.database.read(standing)
        token = call.cookie(SESSION_COOKIE)
        age_s = await doors.sessions.cookie_age_s(actor) if token else None
        if age_s is not None:
            call.set_cookie(SESSION_COOKIE, token, age_s)
        return w.Me(
            account=wire_id(actor.account),
            session=wire_id(actor.session),
            name=actor.name,
            brand=doors.brand,
            support=doors.support,
            hold=hold,
            documents=due,
        )

    async def logout(call: Call) -> Ok:
        await doors.end(call.signed)
        for name in (SESSION_COOKIE, FLOW_COOKIE):
            call.set_cookie(name, "", 0)
        return Ok()

    async def accept(call: Call) -> Ok:
        given: w.DocumentsAccept = call.body
        shown = {"agreement": given.agreement_version, "privacy": given.privacy_version}
        doors.documents.check_versions(shown)
        account = call.signed.account

        def task(tx: Transaction) -> None:
            people.accept_documents(tx.connection, account, shown, tx.now)

        await doors.run(task)
        return Ok()

    return [
        Endpoint("GET", "/api/me", me, w.Me, "Who am I, and what keeps me out"),
        Endpoint("POST", "/api/logout", logout, Ok, "Log out here", Empty),
        Endpoint(
            "POST",
            "/api/auth/documents",
            accept,
            Ok,
            "Accept the newest agreement and policy in a running session (R-40, E-17)",
            w.DocumentsAccept,
            errors=("documents_changed",),
        ),
    ]
