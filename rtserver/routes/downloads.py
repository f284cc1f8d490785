"""The door of files: ``/files/{id}`` with ranges, and their previews. Asks the access rule for every request.

Nothing that a browser could run comes from here: pictures, video and sound are shown in place, anything else is handed
over as a download, and a sandbox stands around all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import Connection, Row

from rtserver.files.names import disposition
from rtserver.wire.errors import AppError
from storage.attachments import load_files, may_read
from storage.blobs.disk import Disk
from storage.db import Database
from storage.ids import parse_id
from storage.media_type import INLINE

from .http import Doorkeeper, EdgeSettings, open_call
from .ranges import choose
from .socket_file import Sender
from .tus import Gate

HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",  # asked again each time: a right may have ended
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Downloads:
    database: Database
    disk: Disk
    sender: Sender
    accel_prefix: str


def add_downloads(
    app: web.Application, parts: Downloads, doorkeeper: Doorkeeper, gate: Gate, edge: EdgeSettings
) -> None:
    async def file_of(request: web.Request) -> Row[Any]:
        """The file when it exists and the asker may read it: ``file_unknown`` alike for both (E-14)."""
        call = await open_call(request, doorkeeper, edge, "signed")
        account, number = call.signed.account, parse_id(call.params["file"])
        await gate.check(account)

        def load(connection: Connection) -> Row[Any] | None:
            if not may_read(connection, account, number):
                return None
            return load_files(connection, (number,)).get(number)

        row = await parts.database.read(load)
        if row is None:
            raise AppError("file_unknown")
        return row

    async def whole(request: web.Request) -> web.StreamResponse:
        row = await file_of(request)
        inline = row.media_type in INLINE and "download" not in request.query
        headers = {
            "Content-Type": row.media_type if row.media_type in INLINE else "application/octet-stream",
            "Content-Disposition": disposition(row.name, inline=inline),
        }
        return await _give(request, parts, parts.disk.blob(row.blob_id), row.size, f'"{row.hash.hex()}"', headers)

    async def preview(request: web.Request) -> web.StreamResponse:
        row = await file_of(request)
        wanted = request.match_info["size"]
        if not row.previews:
            raise AppError("not_found")
        path = parts.disk.preview(row.blob_id, "small" if wanted == "small" else "large")
        headers = {"Content-Type": "image/webp", "Content-Disposition": "inline"}
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise AppError("not_found") from None
        return await _give(request, parts, path, size, f'"{row.hash.hex()}-{wanted}"', headers)

    for method in ("GET", "HEAD"):
        app.router.add_route(method, "/files/{file}", whole)
        app.router.add_route(method, "/files/{file}/{size:small|large}", preview)


async def _give(
    request: web.Request, parts: Downloads, path: Path, size: int, etag: str, headers: dict[str, str]
) -> web.StreamResponse:
    part = choose(request.headers, size, etag)
    response = web.StreamResponse(status=part.status, headers={**HEADERS, "ETag": etag})
    if part.status == 416:
        response.headers["Content-Range"] = f"bytes */{size}"
        response.content_length = 0
    elif part.status != 304:
        response.headers.update(headers)
        if part.status == 206:
            response.headers["Content-Range"] = f"bytes {part.first}-{part.first + part.length - 1}/{size}"
        response.content_length = part.length
    if parts.accel_prefix and part.status in (200, 206):
        inside = path.relative_to(parts.disk.folder)
        accelerated = web.Response(headers={**HEADERS, **headers, "ETag": etag})
        accelerated.headers["X-Accel-Redirect"] = f"{parts.accel_prefix.rstrip('/')}/{inside}"
        return accelerated
    if request.method == "HEAD" or part.status in (304, 416):
        await response.prepare(request)
        await response.write_eof()
        return response
    await parts.sender.send(request, response, path, part.first, part.length)
    return response
