"""``/api/openapi.json``: OpenAPI 3.1 made from the endpoints and their Structs. Invents nothing."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from rtserver import __version__
from rtserver.wire.errors import ERRORS

from .http import Endpoint

COMMON = ("bad_request", "forbidden_origin", "unknown", "unknown_field")
"""Every operation may answer these."""
WITH_BODY = ("too_big",)
SIGNED = ("unauthorized", "session_ended")
ERROR_SCHEMA = {
    "type": "object",
    "required": ["ok", "error"],
    "properties": {
        "ok": {"const": False},
        "error": {
            "type": "object",
            "required": ["code", "message", "message_en", "retryable", "mender"],
            "properties": {
                "code": {"type": "string", "enum": sorted(ERRORS)},
                "message": {"type": "string", "description": "Russian"},
                "message_en": {"type": "string"},
                "retryable": {"type": "boolean"},
                "mender": {"type": "string"},
            },
        },
    },
}


def document(endpoints: Sequence[Endpoint], brand: str) -> dict[str, Any]:
    """The whole document."""
    types: list[type[msgspec.Struct]] = []
    for endpoint in endpoints:
        types += [one for one in (endpoint.body, endpoint.answer) if one is not None and one not in types]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, by_type)
    whole: dict[str, Any] = _portable(
        {
            "openapi": "3.1.0",
            "info": {"title": brand, "version": __version__},
            "paths": dict(sorted(paths.items())),
            "components": {
                "schemas": {**components, "Refusal": ERROR_SCHEMA},
                "securitySchemes": {
                    "cookie": {"type": "apiKey", "in": "cookie", "name": "rt_session"},
                    "bearer": {"type": "http", "scheme": "bearer"},
                },
            },
        }
    )
    return whole


def codes_of(endpoint: Endpoint) -> list[str]:
    """Every code the operation may answer."""
    codes = [*endpoint.errors, *COMMON]
    codes += WITH_BODY if endpoint.body is not None else ()
    codes += SIGNED if endpoint.admission == "signed" else ()
    return sorted(set(codes))


def _operation(endpoint: Endpoint, by_type: dict[type[msgspec.Struct], dict[str, Any]]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes_of(endpoint):
        by_status.setdefault(ERRORS[code].status, []).append(code)
    responses: dict[str, Any] = {
        "200": {
            "description": _first_line(endpoint.answer),
            "content": {"application/json": {"schema": by_type[endpoint.answer]}},
        }
    }
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": ", ".join(codes),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
        }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)", endpoint.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in endpoint.query]
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{endpoint.method.lower()}{endpoint.path}").strip("_"),
        "summary": endpoint.about,
        "parameters": parameters,
        "responses": responses,
    }
    if endpoint.admission == "signed":
        operation["security"] = [{"cookie": []}, {"bearer": []}]
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": by_type[endpoint.body]}},
        }
    return operation


def _first_line(struct: type[msgspec.Struct]) -> str:
    own = struct.__doc__ if "__doc__" in vars(struct) else None
    return inspect.cleandoc(own).partition("\n")[0] if own else struct.__name__


def _portable(value: Any) -> Any:
    r"""Python's ``\A`` and ``\Z`` in patterns become ECMA's ``^`` and ``$``, which JSON Schema means."""
    if isinstance(value, dict):
        return {
            key: (
                inner.replace(r"\A", "^").replace(r"\Z", "$")
                if key == "pattern" and isinstance(inner, str)
                else _portable(inner)
            )
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_portable(inner) for inner in value]
    return value


def add_openapi(app: web.Application, endpoints: Sequence[Endpoint], brand: str) -> None:
    """Serve the document; it is made once."""
    body = msgspec.json.encode(document(endpoints, brand))

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app.router.add_get("/api/openapi.json", show)
