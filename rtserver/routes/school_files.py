"""What is not JSON: pictures, lists and exports, the printable sheet. Bodies are bounded while they are read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from sqlalchemy import Connection, select

from rtserver.routes.http import Call, Doorkeeper, EdgeSettings, answer_of, open_call
from rtserver.routes.school import school_of
from rtserver.school.avatars import drop_avatar, load_avatar, save_avatar
from rtserver.school.export import KINDS, export_csv
from rtserver.school.hold import check_entry
from rtserver.school.invites import load_invites
from rtserver.school.roster import import_list
from rtserver.school.service import SchoolService
from rtserver.school.sheet import sheet_page
from rtserver.wire.errors import AppError
from storage import tables as t

Answer = Callable[[Call], Awaitable[web.StreamResponse]]
SHEET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
"""The sheet carries its style in itself and runs nothing."""


def add_school_files(app: web.Application, service: SchoolService, doorkeeper: Doorkeeper, edge: EdgeSettings) -> None:
    """Routes whose body or answer is a file."""

    def route(method: str, path: str, answer: Answer) -> None:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await answer(await open_call(request, doorkeeper, edge, "signed"))

        app.router.add_route(method, path, serve)

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
        return answer_of(
            call,
            await service.change(
                lambda tx: import_list(tx, call.signed.account, school, raw, service.settings, dry_run=dry)
            ),
        )

    async def get_export(call: Call) -> web.StreamResponse:
        kind = call.params["kind"]
        if kind not in KINDS:
            raise AppError("not_found")
        school = school_of(call)
        table = await service.read(lambda c, now: export_csv(c, call.signed.account, school, kind, now))
        response = web.Response(body=table, content_type="text/csv", charset="utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
        response.headers["Cache-Control"] = "no-store"
        return response

    async def get_sheet(call: Call) -> web.StreamResponse:
        school, klass = school_of(call), call.query.get("class") or None

        def load(connection: Connection, now: int) -> str:
            actor = call.signed.account
            listed = load_invites(connection, actor, school, service.key, service.settings, now, class_id=klass).invites
            chosen = call.query.get("invite")
            name = connection.execute(select(t.school.c.name).where(t.school.c.id == school)).scalar_one()
            return sheet_page(name, service.settings.brand, [one for one in listed if chosen in (None, one.id)])

        page = await service.read(load)
        response = web.Response(text=page, content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = SHEET_POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    def gated(answer: Answer) -> Answer:
        async def checked(call: Call) -> web.StreamResponse:
            await service.read(lambda c, now: check_entry(c, call.signed.account, now))
            return await answer(call)

        return checked

    route("PUT", "/api/profile/avatar", gated(put_avatar))
    route("DELETE", "/api/profile/avatar", delete_avatar)
    route("GET", "/api/people/{person}/avatar", gated(get_avatar))
    route("POST", "/api/schools/{school}/list", gated(put_list))
    route("GET", "/api/schools/{school}/export/{kind}.csv", gated(get_export))
    route("GET", "/api/schools/{school}/sheet", gated(get_sheet))


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
