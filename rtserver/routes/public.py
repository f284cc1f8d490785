"""What stands around the public door: refusals from the one table, headers of every answer, a demo's sign-in links."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler as Handle
from aiohttp.typedefs import Middleware
from sqlalchemy import Connection, select

from rtserver.auth.sessions import SESSION_MS, account_of_link, open_session
from rtserver.hub.door import SECURE
from rtserver.wire.errors import AppError, wire_error
from storage import tables as t
from storage.db import Database

from .address import FORWARDING, Network, is_secure
from .http import ACCOUNT, SESSION_COOKIE, put_cookie

log = logging.getLogger(__name__)
ATTACKS = frozenset({"too_many_attempts", "forbidden_origin", "too_big"})
"""Refusals that somebody who only makes mistakes does not get: worth a look at."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",  # links carry tokens
    "X-Content-Type-Options": "nosniff",
}


def edge(support: str, trusted_proxies: Sequence[Network] = ()) -> Middleware:
    """The middleware that translates refusals, hides what went wrong inside, and tells the hub what came by TLS."""

    @web.middleware
    async def translate(request: web.Request, handler: Handle) -> web.StreamResponse:
        started = perf_counter()
        code = "ok"
        request[SECURE] = is_secure(request.remote or "", request.scheme, request.headers, trusted_proxies)
        try:
            response = await handler(request)
        except AppError as refusal:
            code, response = refusal.code, _refused(refusal)
        except web.HTTPNotFound:
            code, response = "not_found", _refused(AppError("not_found"))
        except web.HTTPException:
            raise
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("request failed", extra={"incident": incident})
            code, response = "unknown", _refused(AppError("unknown", id=incident, support=support))
        if not response.prepared:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)  # a page of its own may have a policy of its own
        _note(request, code, perf_counter() - started)
        return response

    return translate


def _note(request: web.Request, code: str, seconds: float) -> None:
    """One line for each call of the API, refused ones above all: the door's pattern, never the address, which holds
    tokens of links, ids and what people search for.
    """
    resource = request.match_info.route.resource
    if resource is None or not resource.canonical.startswith("/api/"):
        return
    fields: dict[str, object] = {"door": f"{request.method} {resource.canonical}", "code": code}
    account = request.get(ACCOUNT)
    if account is not None:
        fields["account"] = account
    level = logging.WARNING if code in ATTACKS else logging.INFO
    log.log(level, "request", extra={**fields, "ms": round(seconds * 1000, 2)})


def _refused(refusal: AppError) -> web.Response:
    return web.json_response({"ok": False, "error": wire_error(refusal)}, status=refusal.spec.status)


def add_demo(
    app: web.Application,
    database: Database,
    clock: Callable[[], int],
    trusted_proxies: Sequence[Network] = (),
    *,
    loopback: bool,
) -> None:
    """``/demo/{token}``: one-click sign-in of a demo database on a loopback bind with nothing in between; anywhere else
    it does not exist.
    """

    async def demo(request: web.Request) -> web.Response:
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
        secure = is_secure(request.remote or "", request.scheme, request.headers, trusted_proxies)
        put_cookie(response, SESSION_COOKIE, token, SESSION_MS // 1000, secure=secure)
        return response

    app.add_routes([web.get("/demo/{token}", demo)])
