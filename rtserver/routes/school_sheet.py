"""The printable sheet of a class's invites, with paper codes where they are asked for (S29, D12). Keeps no page."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from sqlalchemy import Connection, select

from rtserver.routes.http import Call
from rtserver.routes.school import school_of
from rtserver.routes.school_files import Route
from rtserver.school.invites import load_invites
from rtserver.school.journal import record
from rtserver.school.ports import Transaction
from rtserver.school.service import SchoolService
from rtserver.school.sheet import sheet_page
from rtserver.wire.school import Invite
from storage import tables as t
from storage.ids import parse_id, wire_id

MakeCodes = Callable[[Connection, list[int], int, int], dict[int, str]]
"""Fresh paper codes for named invites, from now until a moment; earlier ones of these invites are dead."""
SHEET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
"""The sheet carries its style in itself and runs nothing."""


def add_school_sheet(route: Route, service: SchoolService, make_codes: MakeCodes) -> None:
    """``GET`` prints links; ``POST``, by a form of the desk's own page, prints codes, too."""

    def cards_of(connection: Connection, call: Call, now: int) -> tuple[str, list[Invite]]:
        """The school's name and the invites of the sheet that is asked for."""
        school, klass, chosen = school_of(call), call.query.get("class") or None, call.query.get("invite")
        actor = call.signed.account
        listed = load_invites(connection, actor, school, service.key, service.settings, now, class_id=klass).invites
        name = connection.execute(select(t.school.c.name).where(t.school.c.id == school)).scalar_one()
        return name, [one for one in listed if chosen in (None, one.id)]

    async def get_sheet(call: Call) -> web.StreamResponse:
        def load(connection: Connection, now: int) -> str:
            name, invites = cards_of(connection, call, now)
            return sheet_page(name, service.settings.brand, invites)

        return printed(await service.read(load))

    async def print_codes(call: Call) -> web.StreamResponse:
        """D12: a fresh paper code on the card of each pupil who has not registered; earlier ones are dead."""

        def task(tx: Transaction) -> str:
            name, invites = cards_of(tx.connection, call, tx.now)
            named = {parse_id(one.id): one for one in invites if one.named and one.state == "active"}
            last = max((one.expires for one in named.values()), default=tx.now)
            codes = make_codes(tx.connection, list(named), tx.now, last)
            klass = parse_id(call.query["class"]) if call.query.get("class") else None
            school, actor = school_of(call), call.signed.account
            record(tx.connection, tx.now, school, actor, "codes.printed", klass=klass, detail=f"{len(codes)} codes")
            shown = {wire_id(invite): code for invite, code in codes.items()}
            return sheet_page(name, service.settings.brand, list(named.values()), shown)

        return printed(await service.change(task))

    def printed(page: str) -> web.Response:
        response = web.Response(text=page, content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = SHEET_POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    route("GET", "/api/schools/{school}/sheet", get_sheet)
    route("POST", "/api/schools/{school}/sheet", print_codes)
