"""The operator's page beside the command line: three files that stand on the loopback address. Decides nothing.

It works through ``/api/admin/school-requests`` (``routes/admin.py``), which asks for the host and the origin of each
request; the page itself holds no data.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from rtserver.wire.errors import AppError

from .address import is_own_host

FOLDER = Path(__file__).resolve().parents[1] / "operator_page"
FILES = {
    "/": ("index.html", "text/html"),
    "/page/page.css": ("page.css", "text/css"),
    "/page/page.js": ("page.js", "text/javascript"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def add_operator_page(app: web.Application, hosts: Sequence[str]) -> None:
    """``hosts``: names beside loopback that the operator's address may be called by. The files are read once."""
    bodies = {path: (FOLDER / name).read_bytes() for path, (name, _) in FILES.items()}

    async def show(request: web.Request) -> web.Response:
        if not is_own_host(request.host, hosts):
            raise AppError("forbidden_origin")
        response = web.Response(body=bodies[request.path], content_type=FILES[request.path][1], charset="utf-8")
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-cache"
        return response

    app.add_routes([web.get(path, show) for path in FILES])
