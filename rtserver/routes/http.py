"""The edge of the JSON API: an ``Endpoint`` becomes a route that decodes, admits, answers. Decides no right itself.

A route's input is one Struct (unknown fields refused, size bounded), its answer another. A page of another site is
refused for every changing request; refusals are raised as ``AppError`` and translated by ``public.edge``.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec
from aiohttp import web

from rtserver.actor import Actor
from rtserver.hub.door import session_cookie
from rtserver.wire.decoding import decoding_refusal
from rtserver.wire.errors import AppError
from rtserver.wire.school import Empty

from .address import Network, client_address, is_foreign, is_secure, limit_key

SESSION_COOKIE = "rt_session"
DEVICE_CHARS = 120
ACCOUNT = web.RequestKey("account", int)
"""Whose session the request came with, for the log."""
Admission = Literal["signed", "anyone", "nobody"]
"""``signed`` needs a live session; ``anyone`` takes one when it is there; ``nobody`` does not look."""


class Doorkeeper(Protocol):
    async def admit(self, token: str) -> Actor:
        """The actor of a live token, else ``unauthorized`` or ``session_ended``."""


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """``origins``: other sites whose pages may call. ``body_bytes``: largest JSON body."""

    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    body_bytes: int = 65_536


@dataclass(slots=True)
class Call:
    """One request as a handler sees it, and what to set on its answer."""

    actor: Actor | None
    body: Any
    params: dict[str, str]
    query: dict[str, str]
    address: str
    """The client's, or the /64 of it: what limits count."""
    device: str
    """Browser and system in a few words."""
    language: str
    request: web.Request
    secure: bool
    cookies: list[tuple[str, str, int | None]] = field(default_factory=list)

    @property
    def signed(self) -> Actor:
        if self.actor is None:
            raise AppError("unauthorized")
        return self.actor

    def cookie(self, name: str) -> str:
        """Its value; under TLS only the ``__Host-`` form counts, so that no neighbour host can plant one."""
        return self.request.cookies.get(f"__Host-{name}" if self.secure else name, "")

    def set_cookie(self, name: str, value: str, max_age_s: int | None) -> None:
        """HttpOnly, SameSite=Lax, ``__Host-`` and Secure under TLS. None: until the browser closes; 0: remove."""
        self.cookies.append((name, value, max_age_s))


Handle = Callable[[Call], Awaitable[msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API; ``errors`` are the codes it may answer beside those of its shape."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handle: Handle
    answer: type[msgspec.Struct]
    about: str
    body: type[msgspec.Struct] | None = None
    admission: Admission = "signed"
    errors: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    """Names of query parameters, all optional text."""


def add_endpoints(
    app: web.Application, endpoints: Sequence[Endpoint], doorkeeper: Doorkeeper, settings: EdgeSettings
) -> None:
    for endpoint in endpoints:
        app.router.add_route(endpoint.method, endpoint.path, _route(endpoint, doorkeeper, settings))


def _route(
    endpoint: Endpoint, doorkeeper: Doorkeeper, settings: EdgeSettings
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    decoder = None if endpoint.body is None else msgspec.json.Decoder(endpoint.body)

    async def serve(request: web.Request) -> web.StreamResponse:
        call = await open_call(request, doorkeeper, settings, endpoint.admission)
        unknown = set(call.query) - set(endpoint.query)
        if unknown:
            raise AppError("unknown_field", field=min(unknown)[:80])
        if decoder is not None:
            call.body = await read_body(request, decoder, settings.body_bytes, endpoint.body)
        answer = await endpoint.handle(call)
        return answer_of(call, answer)

    return serve


async def open_call(request: web.Request, doorkeeper: Doorkeeper, settings: EdgeSettings, admission: Admission) -> Call:
    """Who asks and from where; raises ``forbidden_origin``, ``unauthorized``, ``session_ended``."""
    peer = request.remote or ""
    if any("\0" in value for value in (*request.query.values(), *request.match_info.values())):
        raise AppError("bad_request", detail="path")  # no text of a database may hold NUL
    secure = is_secure(peer, request.scheme, request.headers, settings.trusted_proxies)
    if is_foreign(request.method, request.headers, request.host, settings.origins, secure=secure):
        raise AppError("forbidden_origin")
    actor = None
    if admission != "nobody":
        token = bearer(request) or session_cookie(request, secure=secure)
        try:
            actor = await doorkeeper.admit(token)
            request[ACCOUNT] = actor.account
        except AppError:
            if admission == "signed":
                raise
    return Call(
        actor=actor,
        body=None,
        params=dict(request.match_info),
        query=dict(request.query),
        address=limit_key(client_address(peer, request.headers, settings.trusted_proxies)),
        device=device_name(request.headers.get("User-Agent", "")),
        language="en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "ru",
        request=request,
        secure=secure,
    )


def bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip()[:128] if scheme.lower() == "bearer" else ""


async def read_body(
    request: web.Request, decoder: msgspec.json.Decoder[Any], limit_bytes: int, body: type[msgspec.Struct] | None
) -> Any:
    """The decoded body; ``too_big`` before it is read whole, ``bad_request`` or ``unknown_field`` by its shape.

    JSON must be called JSON: a form of another site cannot send that type without a preflight.
    """
    if (request.content_length or 0) > limit_bytes:
        raise AppError("too_big")
    raw = bytearray()
    async for block in request.content.iter_chunked(16_384):
        raw += block
        if len(raw) > limit_bytes:
            raise AppError("too_big")
    if not raw and body is Empty:
        return Empty()
    if request.content_type != "application/json":
        raise AppError("bad_request", detail="content-type")
    if b"\\u0000" in raw:  # as above
        raise AppError("bad_request", detail="payload")
    try:
        return decoder.decode(bytes(raw))
    except msgspec.ValidationError as error:
        raise decoding_refusal(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AppError("bad_request", detail="json") from None


def answer_of(call: Call, answer: msgspec.Struct) -> web.Response:
    response = web.Response(body=msgspec.json.encode(answer), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"  # people's data, on shared computers
    apply_cookies(call, response)
    return response


def apply_cookies(call: Call, response: web.StreamResponse) -> None:
    for name, value, max_age_s in call.cookies:
        put_cookie(response, name, value, max_age_s, secure=call.secure)


def put_cookie(response: web.StreamResponse, name: str, value: str, max_age_s: int | None, *, secure: bool) -> None:
    """HttpOnly, SameSite=Lax, ``__Host-`` and Secure under TLS. None: until the browser closes; 0: remove."""
    full = f"__Host-{name}" if secure else name
    if max_age_s == 0:
        response.del_cookie(full, path="/", secure=secure, httponly=True, samesite="Lax")
    else:
        response.set_cookie(full, value, max_age=max_age_s, httponly=True, secure=secure, samesite="Lax", path="/")


_BROWSERS = (
    ("YaBrowser", "Yandex"),
    ("Edg/", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """«Chrome, Windows»: enough to know one's own device by; empty text for a program that says nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)[:DEVICE_CHARS]


def new_token() -> str:
    """256 random bits, base64url."""
    return secrets.token_urlsafe(32)
