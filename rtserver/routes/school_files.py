"""What is not JSON: pictures, lists and exports. Bodies are bounded while they are read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from rtserver.routes.http import Call, Doorkeeper, EdgeSettings, answer_of, open_call
from rtserver.routes.school import school_of
from rtserver.school.avatars import drop_avatar, load_avatar, save_avatar
from rtserver.school.export import KINDS, export_csv
from rtserver.school.hold import check_entry
from rtserver.school.journal import record
from rtserver.school.roster import import_list, load_list
from rtserver.school.service import SchoolService
from rtserver.wire.errors import AppError

Answer = Callable[[Call], Awaitable[web.StreamResponse]]


class Route(Protocol):
    """Adds one route; ``held`` lets an account whose entry is held use it."""

    def __call__(self, method: str, path: str, answer: Answer, *, held: bool = False) -> None: ...


def file_routes(app: web.Application, service: SchoolService, doorkeeper: Doorkeeper, edge: EdgeSettings) -> Route:
    """Routes of signed accounts whose body or answer is no JSON."""

    def route(method: str, path: str, answer: Answer, *, held: bool = False) -> None:
        async def serve(request: web.Request) -> web.StreamResponse:
            call = await open_call(request, doorkeeper, edge, "signed")
            if not held:
                await service.read(lambda c, now: check_entry(c, call.signed.account, now))
            return await answer(call)

        app.router.add_route(method, path, serve)

    return route


def add_school_files(route: Route, service: SchoolService) -> None:
    """Pictures, lists, exports."""

    async def put_avatar(call: Call) -> web.StreamResponse:
        raw = await read_file(call.request, service.settings.avatar_bytes, "avatar_too_big")
        webp = await service.encode_avatar(raw)
        return answer_of(call, await service.change(lambda tx: save_avatar(tx, call.signed.account, webp)))

    async def delete_avatar(call: Call) -> web.StreamResponse:
        return answer_of(call, await service.change(lambda tx: drop_avatar(tx, call.signed.account)))

    async def get_avatar(call: Call) -> web.StreamResponse:
        person = call.params["person"]
        webp = await service.read(lambda c, now: load_avatar(c, call.signed.account, person))
        response = web.Response(body=webp, content_type="image/webp")
        response.headers["Cache-Control"] = "private, max-age=86400"  # its address changes with the picture
        return response

    async def put_list(call: Call) -> web.StreamResponse:
        raw = await read_file(call.request, service.settings.list_bytes, "too_big")
        dry = call.query.get("dry_run", "1") != "0"  # a forgotten word must change nothing
        school = school_of(call)
        actor, settings = call.signed.account, service.settings
        pupils = await service.read(lambda c, now: load_list(c, actor, school, raw, settings, now))
        return answer_of(call, await service.change(lambda tx: import_list(tx, actor, school, pupils, dry_run=dry)))

    async def get_export(call: Call) -> web.StreamResponse:
        kind = call.params["kind"]
        if kind not in KINDS:
            raise AppError("not_found")
        school = school_of(call)
        actor = call.signed.account
        table = await service.read(lambda c, now: export_csv(c, actor, school, kind, now))
        # who takes people's data away is on record (E-14); the table itself is read without holding up the writer
        await service.change(lambda tx: record(tx.connection, tx.now, school, actor, "data.exported", detail=kind))
        response = web.Response(body=table, content_type="text/csv", charset="utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
        response.headers["Cache-Control"] = "no-store"
        return response

    route("PUT", "/api/profile/avatar", put_avatar)
    route("DELETE", "/api/profile/avatar", delete_avatar, held=True)
    route("GET", "/api/people/{person}/avatar", get_avatar)
    route("POST", "/api/schools/{school}/list", put_list)
    route("GET", "/api/schools/{school}/export/{kind}.csv", get_export)


async def read_file(request: web.Request, limit_bytes: int, code: str) -> bytes:
    """The body, given up with ``code`` as soon as it is over the bound."""
    if (request.content_length or 0) > limit_bytes:
        raise AppError(code)
    raw = bytearray()
    async for block in request.content.iter_chunked(65_536):
        raw += block
        if len(raw) > limit_bytes:
            raise AppError(code)
    return bytes(raw)
