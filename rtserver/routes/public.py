"""The public door beside Socket.IO: who am I, log out, and a demo's sign-in links. Errors come from the one table."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler as Handle
from aiohttp.typedefs import Middleware
from sqlalchemy import Connection, select

from rtserver.actor import Actor
from rtserver.auth.sessions import SESSION_MS, Sessions, account_of_link, open_session
from rtserver.hub.hub import COOKIES
from rtserver.wire.auth import Me
from rtserver.wire.errors import AppError, wire_error
from storage import tables as t
from storage.db import Database
from storage.ids import wire_id

from .address import FORWARDING, is_foreign

log = logging.getLogger(__name__)
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",  # links carry tokens
    "X-Content-Type-Options": "nosniff",
}


def edge(support: str) -> Middleware:
    """The middleware that translates refusals and hides what went wrong inside."""

    @web.middleware
    async def translate(request: web.Request, handler: Handle) -> web.StreamResponse:
        try:
            response = await handler(request)
        except AppError as refusal:
            response = _refused(refusal)
        except web.HTTPNotFound:
            response = _refused(AppError("not_found"))
        except web.HTTPException:
            raise
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("request failed", extra={"incident": incident})
            response = _refused(AppError("unknown", id=incident, support=support))
        if not response.prepared:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)  # a page of its own may have a policy of its own
        return response

    return translate


def _refused(refusal: AppError) -> web.Response:
    return web.json_response({"ok": False, "error": wire_error(refusal)}, status=refusal.spec.status)


def _set_cookie(response: web.Response, name: str, token: str, age_s: int) -> None:
    response.set_cookie(name, token, max_age=age_s, httponly=True, secure=name == COOKIES[0], samesite="Lax", path="/")


def add_routes(
    app: web.Application,
    database: Database,
    sessions: Sessions,
    clock: Callable[[], int],
    end: Callable[[Actor], Awaitable[None]],
    *,
    brand: str,
    support: str,
    loopback: bool,
) -> None:
    def token_of(request: web.Request) -> str:
        return next((request.cookies[name] for name in COOKIES if name in request.cookies), "")

    async def me(request: web.Request) -> web.Response:
        """Who am I. Pages ask it when they open, so the cookie slides here as its session does: 90 days from use."""
        token = token_of(request)
        actor = await sessions.admit(token)
        answer = Me(
            account=wire_id(actor.account),
            session=wire_id(actor.session),
            name=actor.name,
            brand=brand,
            support=support,
        )
        response = web.Response(body=msgspec.json.encode(answer), content_type="application/json")
        age_s = await sessions.cookie_age_s(actor)
        if age_s is not None:
            _set_cookie(response, next(name for name in COOKIES if name in request.cookies), token, age_s)
        return response

    async def logout(request: web.Request) -> web.Response:
        if is_foreign(request.method, request.headers, request.host, ()):
            raise AppError("forbidden_origin")
        actor = await sessions.admit(token_of(request))
        await end(actor)
        response = web.json_response({"ok": True})
        for name in (*COOKIES, "__Host-rt_flow", "rt_flow"):
            secure = name.startswith("__Host-")  # browsers drop a __Host- cookie only by a Secure one
            response.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
        return response

    async def demo(request: web.Request) -> web.Response:
        """One-click sign-in: a demo database, a loopback bind and nothing in between, or it does not exist."""
        if not loopback or any(name in request.headers for name in FORWARDING):
            raise AppError("not_found")
        now = clock()

        def sign_in(connection: Connection) -> str | None:
            marked = connection.execute(select(t.instance.c.value).where(t.instance.c.key == "demo")).scalar()
            account = account_of_link(connection, request.match_info["token"]) if marked else None
            return None if account is None else open_session(connection, account, "demo", now)

        token = await database.write(sign_in)
        if token is None:
            raise AppError("not_found")
        response = web.Response(status=303, headers={"Location": "/messages"})
        _set_cookie(response, COOKIES[0] if request.secure else COOKIES[1], token, SESSION_MS // 1000)
        return response

    app.add_routes([web.get("/api/me", me), web.post("/api/logout", logout), web.get("/demo/{token}", demo)])
