"""Registration, log-in and one's own account over HTTP: from a ``Call`` to ``rtserver.auth``. Decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from aiohttp import web

from rtserver.auth.documents import Documents
from rtserver.auth.login import LogIn
from rtserver.auth.nextstep import next_step
from rtserver.auth.oidc import ExternalLogIn
from rtserver.auth.owndata import own_data
from rtserver.auth.ports import Schools
from rtserver.auth.qr import QrLogIn
from rtserver.auth.security import Security
from rtserver.auth.sessions import SESSION_MS
from rtserver.auth.settings import DEVICE_MS
from rtserver.auth.stepping import Answer, Visitor
from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from rtserver.wire.school import Ok
from storage.db import Database

from .address import Network, is_inside
from .http import SESSION_COOKIE, Call, Doorkeeper, EdgeSettings, apply_cookies, open_call

FLOW_COOKIE = "rt_flow"
DEVICE_COOKIE = "rt_device"


@dataclass(frozen=True, slots=True)
class AuthDoors:
    """What the endpoints call."""

    database: Database
    clock: Callable[[], int]
    login: LogIn
    security: Security
    qr: QrLogIn
    external: ExternalLogIn
    documents: Documents
    schools: Schools
    options: w.AuthOptions
    school_networks: tuple[Network, ...] = ()


class AuthHandlers:
    """Endpoints as methods."""

    def __init__(self, doors: AuthDoors) -> None:
        self._doors = doors

    def visitor(self, call: Call) -> Visitor:
        return Visitor(
            flow=call.cookie(FLOW_COOKIE),
            device_token=call.cookie(DEVICE_COOKIE)[:128],
            address=call.address,
            device=call.device,
            account=None if call.actor is None else call.actor.account,
            school_network=self.in_school(call),
        )

    def in_school(self, call: Call) -> bool:
        return is_inside(call.address.partition("/")[0], self._doors.school_networks)

    async def answered(self, call: Call, step: Awaitable[Answer]) -> w.Flow:
        answer = await step
        set_answer(call, answer)
        return answer.view

    # --- the flow ----------------------------------------------------------------------------------------------

    async def options(self, _: Call) -> msgspec.Struct:
        return self._doors.options

    async def document(self, call: Call) -> msgspec.Struct:
        return self._doors.documents.text(
            call.params["document"], call.params["language"], call.query.get("version", "")
        )

    async def begin(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.begin(self.visitor(call), call.body))

    async def look(self, call: Call) -> msgspec.Struct:
        return await self._doors.login.look(self.visitor(call))

    async def leave(self, call: Call) -> msgspec.Struct:
        await self._doors.login.leave(self.visitor(call))
        call.set_cookie(FLOW_COOKIE, "", 0)
        return Ok()

    async def contact(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.give_contact(self.visitor(call), call.body))

    async def change(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.change_contact(self.visitor(call)))

    async def resend(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.resend(self.visitor(call), call.body.channel))

    async def code(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.give_code(self.visitor(call), call.body.code))

    async def password(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.give_password(self.visitor(call), call.body.password))

    async def forgot(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.forgot(self.visitor(call)))

    async def new_password(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.new_password(self.visitor(call), call.body.password))

    async def not_me(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.not_me(self.visitor(call)))

    async def other(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.other(self.visitor(call), call.body.choice))

    async def profile(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.login.give_profile(self.visitor(call), call.body))

    async def external(self, call: Call) -> msgspec.Struct:
        return await self._doors.external.begin(self.visitor(call))

    # --- after log-in ------------------------------------------------------------------------------------------

    async def next(self, call: Call) -> msgspec.Struct:
        account, doors = call.signed.account, self._doors
        return await doors.database.read(lambda c: next_step(c, account, doors.clock(), doors.schools))

    async def invitation(self, call: Call) -> msgspec.Struct:
        account, doors = call.signed.account, self._doors
        await doors.login.answer_invitation(account, join=call.body.join)
        return await doors.database.read(lambda c: next_step(c, account, doors.clock(), doors.schools))

    async def qr_make(self, call: Call) -> msgspec.Struct:
        return await self._doors.qr.make(self.visitor(call))

    async def qr_state(self, call: Call) -> msgspec.Struct:
        return await self._doors.qr.wait(self.visitor(call), call.query.get("known", ""))

    async def qr_finish(self, call: Call) -> msgspec.Struct:
        return await self.answered(call, self._doors.qr.finish(self.visitor(call)))

    async def qr_look(self, call: Call) -> msgspec.Struct:
        return await self._doors.qr.look(call.signed, call.body.token)

    async def qr_answer(self, call: Call) -> msgspec.Struct:
        await self._doors.qr.answer(call.signed, call.body.token, approve=call.body.approve)
        return Ok()

    async def security(self, call: Call) -> msgspec.Struct:
        return await self._doors.security.look(call.signed)

    async def sessions(self, call: Call) -> msgspec.Struct:
        return await self._doors.security.sessions(call.signed)

    async def session_end(self, call: Call) -> msgspec.Struct:
        await self._doors.security.end_session(call.signed, call.params["session"])
        return Ok()

    async def sessions_end_others(self, call: Call) -> msgspec.Struct:
        await self._doors.security.end_others(call.signed)
        return Ok()

    async def password_change(self, call: Call) -> msgspec.Struct:
        await self._doors.security.change_password(call.signed, call.body, call.address)
        return Ok()

    async def contact_add(self, call: Call) -> msgspec.Struct:
        return await self._doors.security.add_contact(call.signed, call.body, call.address, school=self.in_school(call))

    async def contact_confirm(self, call: Call) -> msgspec.Struct:
        return await self._doors.security.confirm_contact(
            call.signed, call.body.code, call.address, school=self.in_school(call)
        )

    async def contact_remove(self, call: Call) -> msgspec.Struct:
        return await self._doors.security.remove_contact(call.signed, call.params["contact"])

    async def claim_answer(self, call: Call) -> msgspec.Struct:
        await self._doors.security.answer_claim(call.signed, call.params["claim"], release=call.body.release)
        return Ok()

    async def own_data(self, call: Call) -> msgspec.Struct:
        actor, after, now = call.signed, call.query.get("after", ""), self._doors.clock()
        return await self._doors.database.read(lambda connection: own_data(connection, actor, after, now))

    async def close(self, call: Call) -> msgspec.Struct:
        await self._doors.security.close_account(call.signed, call.body, call.address)
        for name in (SESSION_COOKIE, FLOW_COOKIE, DEVICE_COOKIE):
            call.set_cookie(name, "", 0)
        return Ok()


def set_answer(call: Call, answer: Answer) -> None:
    """The cookies of a step. One that is not lasting ends with the browser."""
    lasting = answer.lasting
    if answer.flow_token:
        call.set_cookie(FLOW_COOKIE, answer.flow_token, 86_400 if lasting else None)
    if answer.session_token:
        call.set_cookie(SESSION_COOKIE, answer.session_token, SESSION_MS // 1000 if lasting else None)
    if answer.device_token:
        call.set_cookie(DEVICE_COOKIE, answer.device_token, DEVICE_MS // 1000)


def add_external_return(app: web.Application, doors: AuthDoors, doorkeeper: Doorkeeper, settings: EdgeSettings) -> None:
    """Where the provider sends the browser back: an address for people, so it answers with a page to go to."""
    on = AuthHandlers(doors)

    async def back(request: web.Request) -> web.StreamResponse:
        call = await open_call(request, doorkeeper, settings, "nobody")
        try:
            answer = await doors.external.finish(on.visitor(call), dict(request.query))
            set_answer(call, answer)
            target = "/login" if answer.view.state != "signed_in" else "/home"
        except AppError as refusal:
            target = f"/login?error={refusal.code}"
        response = web.Response(status=303, headers={"Location": target, "Cache-Control": "no-store"})
        apply_cookies(call, response)
        return response

    app.router.add_get("/api/auth/external/return", back)
