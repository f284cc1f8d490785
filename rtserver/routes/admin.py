"""The operator's decisions on schools, on the loopback address (D10, S29 «Школы»): it asks nobody who they are.

A page of another site must not reach it through the operator's browser: changes need the JSON type and no foreign
origin, and every request an address of this machine as its host (DNS rebinding).
"""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from rtserver.routes.address import is_own_host
from rtserver.routes.http import read_body
from rtserver.school import requests
from rtserver.school.ports import Transaction
from rtserver.school.service import SchoolService
from rtserver.wire.errors import AppError
from rtserver.wire.school import Empty, RequestRefuse, SchoolRequest

BODY_BYTES = 4_096
REFUSE: msgspec.json.Decoder[RequestRefuse] = msgspec.json.Decoder(RequestRefuse)
EMPTY: msgspec.json.Decoder[Empty] = msgspec.json.Decoder(Empty)


def add_operator_schools(app: web.Application, service: SchoolService, hosts: tuple[str, ...]) -> None:
    """``hosts``: names beside loopback that the operator's address may be called by."""

    def check(request: web.Request) -> None:
        if not is_own_host(request.host, hosts):
            raise AppError("forbidden_origin")
        origin = request.headers.get("Origin")
        if request.method != "GET" and origin is not None and origin.partition("://")[2] != request.host:
            raise AppError("forbidden_origin")

    async def listed(request: web.Request) -> web.Response:
        check(request)
        found = await service.read(lambda c, now: requests.load_requests(c, request.query.get("status", "")))
        return _json(found)

    async def approve(request: web.Request) -> web.Response:
        check(request)
        await _body(request, EMPTY, Empty)
        number = _number(request)

        def task(tx: Transaction) -> SchoolRequest:
            service.places.refresh(tx.connection)
            return requests.approve_request(tx, number, service.places)

        return _json(await service.change(task))

    async def refuse(request: web.Request) -> web.Response:
        check(request)
        body: RequestRefuse = await _body(request, REFUSE, RequestRefuse)
        number = _number(request)
        return _json(await service.change(lambda tx: requests.refuse_request(tx, number, body.reason)))

    app.add_routes(
        [
            web.get("/api/admin/school-requests", listed),
            web.post("/api/admin/school-requests/{number}/approve", approve),
            web.post("/api/admin/school-requests/{number}/refuse", refuse),
        ]
    )


async def _body(request: web.Request, decoder: msgspec.json.Decoder[Any], body: type[msgspec.Struct]) -> Any:
    if request.content_type != "application/json":
        raise AppError("bad_request", detail="content-type")
    return await read_body(request, decoder, BODY_BYTES, body)


def _number(request: web.Request) -> int:
    text = request.match_info["number"]
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise AppError("request_unknown")
    return int(text)


def _json(answer: msgspec.Struct) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")
