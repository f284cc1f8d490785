"""The door of uploads: tus 1.0.0 at ``/uploads/``. From requests to ``files.uploads`` and back; decides nothing.

Log-in, origin and entry are asked as for every other door. Programs and pages of allowed other origins are told all
headers that tus-js-client reads (CORS); a preflight needs no log-in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Protocol

from aiohttp import web

from rtserver.files.uploads import Progress, Uploads
from rtserver.wire.errors import AppError, wire_error
from storage import tus
from storage.blobs.sink import Sink
from storage.locks import Hold
from storage.tus import Patch, State

from .http import Doorkeeper, EdgeSettings, open_call
from .socket_body import CUT, Body

PATH = "/uploads/"
_ALLOWED = (
    "Authorization, Content-Type, Tus-Resumable, Upload-Checksum, Upload-Concat, Upload-Defer-Length, Upload-Length,"
    " Upload-Metadata, Upload-Offset, X-HTTP-Method-Override, X-Request-ID, X-Requested-With"
)
_EXPOSED = (
    "Location, Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Concat,"
    " Upload-Defer-Length, Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset"
)
Answer = Callable[[web.Request, int], Awaitable[web.Response]]


class Gate(Protocol):
    async def check(self, account: int) -> None:
        """Raise when the account's entry is held."""


def add_tus(
    app: web.Application, uploads: Uploads, body: Body, doorkeeper: Doorkeeper, gate: Gate, edge: EdgeSettings
) -> None:
    door = _Door(uploads, body)
    answers: dict[str, Answer] = {"POST": door.post, "HEAD": door.head, "PATCH": door.patch, "DELETE": door.delete}

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            method = tus.method_of(request.method, request.headers)
            if method == "OPTIONS":
                response = _options(uploads.limits)
            else:
                call = await open_call(request, doorkeeper, edge, "signed")
                await gate.check(call.signed.account)
                tus.check_version(request.headers)
                response = await answers[method](request, call.signed.account)
        except AppError as refusal:
            response = web.json_response({"ok": False, "error": wire_error(refusal)}, status=refusal.spec.status)
            if refusal.code == "tus_version_unsupported":
                response.headers["Tus-Version"] = tus.VERSION
            if request.get(CUT) or not request.content.is_eof():
                response.force_close()  # its body was cut off or not wanted: no other request fits behind it
        response.headers["Tus-Resumable"] = tus.VERSION
        response.headers["Cache-Control"] = "no-store"
        _allow(request, response, edge.origins)
        return response

    for method in ("POST", "OPTIONS"):
        app.router.add_route(method, PATH, serve)
    for method in ("POST", "OPTIONS", "HEAD", "PATCH", "DELETE"):
        app.router.add_route(method, PATH + "{upload}", serve)


class _Door:
    def __init__(self, uploads: Uploads, body: Body) -> None:
        self._uploads = uploads
        self._body = body

    async def post(self, request: web.Request, account: int) -> web.Response:
        """§Creation, and §Creation With Upload when bytes come with it."""
        if "upload" in request.match_info:
            raise AppError("not_found")
        creation = tus.check_create(request.headers, self._uploads.limits)
        made = await self._uploads.create(account, creation)
        if creation.body:
            size = tus.body_size(request.headers)

            def check(state: State) -> Patch:
                return Patch(state.offset, state.length, state.limit - state.offset, size, creation.checksum)

            made = await self._uploads.patch(account, str(made.id), check, self._receive(request))
        response = web.Response(status=201, headers={"Location": f"{PATH}{made.id}"})
        return _told(response, made)

    async def head(self, request: web.Request, account: int) -> web.Response:
        found = await self._uploads.look(account, _id(request))
        response = _told(web.Response(status=200), found)
        if found.length is None:
            response.headers["Upload-Defer-Length"] = "1"
        else:
            response.headers["Upload-Length"] = str(found.length)
        if found.raw_metadata:
            response.headers["Upload-Metadata"] = found.raw_metadata
        if found.kind == "part":
            response.headers["Upload-Concat"] = "partial"
        elif found.kind == "final":
            response.headers["Upload-Concat"] = "final;" + " ".join(PATH + one for one in found.parts.split())
        return response

    async def patch(self, request: web.Request, account: int) -> web.Response:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise AppError("tus_header_invalid", field="Content-Encoding")

        def check(state: State) -> Patch:
            return tus.check_patch(state, request.headers, self._uploads.limits)

        return _told(
            web.Response(status=204),
            await self._uploads.patch(account, _id(request), check, self._receive(request)),
        )

    async def delete(self, request: web.Request, account: int) -> web.Response:
        await self._uploads.end(account, _id(request))
        return web.Response(status=204)

    def _receive(self, request: web.Request) -> Callable[[Sink, int | None, Hold], Awaitable[bool]]:
        return lambda sink, size, hold: self._body.receive(request, sink, size, hold)


def _id(request: web.Request) -> str:
    try:
        return request.match_info["upload"]
    except KeyError:
        raise AppError("not_found") from None


def _told(response: web.Response, progress: Progress) -> web.Response:
    response.headers["Upload-Offset"] = str(progress.offset)
    if not progress.finished:
        response.headers["Upload-Expires"] = formatdate(progress.expires_ms / 1000, usegmt=True)
    return response


def _options(limits: tus.Limits) -> web.Response:
    return web.Response(
        status=204,
        headers={
            "Tus-Version": tus.VERSION,
            "Tus-Extension": ",".join(tus.EXTENSIONS),
            "Tus-Max-Size": str(limits.file_bytes),
            "Tus-Checksum-Algorithm": ",".join(tus.CHECKSUMS),
        },
    )


def _allow(request: web.Request, response: web.Response, origins: tuple[str, ...]) -> None:
    """CORS for the origins that config.toml allows, the cookie included; others get no word of it."""
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin", "")
    if origin not in origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "POST, HEAD, PATCH, DELETE, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED
        response.headers["Access-Control-Max-Age"] = "86400"
