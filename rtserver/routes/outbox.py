"""The operator's page of codes that were not really sent (D12): on loopback, not behind a proxy or another name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

from aiohttp import web

from rtserver.auth.senders.outbox import shown_codes
from storage.db import Database

from .address import FORWARDING, is_own_host


def add_outbox(app: web.Application, database: Database, clock: Callable[[], int], *, loopback: bool) -> None:
    """``/outbox``: a table for people, or JSON for ``Accept: application/json``."""

    async def show(request: web.Request) -> web.Response:
        if not loopback or any(name in request.headers for name in FORWARDING) or not is_own_host(request.host):
            raise web.HTTPNotFound
        codes = await database.read(lambda connection: shown_codes(connection, clock()))
        if "application/json" in request.headers.get("Accept", ""):
            return web.json_response({"codes": codes}, headers={"Cache-Control": "no-store"})
        rows = "".join(
            f"<tr><td>{_time(int(one['created']))}<td>{escape(str(one['channel']))}<td>{escape(str(one['address']))}"
            f"<td><code>{escape(str(one['code']))}</code></tr>"
            for one in codes
        )
        page = (
            '<!doctype html><html lang="ru"><meta charset="utf-8"><title>Коды (только для разработки)</title>'
            '<meta http-equiv="refresh" content="3"><h1>Коды (только для разработки)</h1>'
            f"<table><tr><th>Время, UTC<th>Как<th>Кому<th>Код</tr>{rows}</table></html>"
        )
        return web.Response(text=page, content_type="text/html", headers={"Cache-Control": "no-store"})

    app.router.add_get("/outbox", show)


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S")
