"""The built web client over HTTP. Knows nobody: the page is the same for all, and what it may show it asks by itself.

Everything is read once, at the start, so a request touches no disk and no path of it ever names a file. The folder is
at most a few megabytes.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).resolve().parents[1] / "static"
PACKINGS = (("br", ".br"), ("gzip", ".gz"))
"""Content codings that the build prepared, the smaller first."""

# experience §2: addresses at which the page itself stands; it reads the rest of the address by itself
_WORD = "[^/]+"
CLIENT_ROUTES = tuple(
    re.compile(pattern)
    for pattern in (
        "/",
        "/login(/(code|password|reset|other))?",
        f"/(qr|i|p|c|u)/{_WORD}",
        "/register/profile",
        "/invitation",
        "/apply(/(organisation|role|sent))?",
        "/school/new",
        "/hold",
        "/home",
        f"/messages(/{_WORD}(/[0-9]+)?)?",
        "/documents",
        "/profile(/(main|contacts|blacklist))?",
        f"/settings(/{_WORD})?",
        f"/admin(/{_WORD})?",
        f"/call/{_WORD}(/ended)?",
    )
)

NOT_FOR_PEOPLE = ("/api", "/assets/", "/socket.io", "/files/", "/uploads/")
"""Addresses of programs, whatever they say they accept."""

IMMUTABLE = "public, max-age=31536000, immutable"
"""Files under /assets carry their content's hash in the name."""
ASK_FIRST = "no-cache"
"""The others are asked for anew, and mostly answered by 304."""

_TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript", ".woff2": "font/woff2"}
_UNBUILT = """<!doctype html><meta charset="utf-8"><title>rtserver</title>
<h1>Веб-клиент не собран / The web client is not built</h1>
<p>Остановите сервер и запустите <code>make run</code>. / Stop the server and start it by <code>make run</code>.</p>
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file in every coding the build made. ``bodies`` maps a content coding ('' is none) to bytes."""

    content_type: str
    cache: str
    etag: str
    bodies: dict[str, bytes]


def load_assets(folder: Path) -> dict[str, Asset]:
    """Every file of a build by its address; empty when there is none. Files of the build's own start with a dot."""
    found: dict[str, Asset] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        packed = any(path.suffix == ending and path.with_suffix("").is_file() for _, ending in PACKINGS)
        if not path.is_file() or packed or any(part.startswith(".") for part in name.split("/")):
            continue
        body = path.read_bytes()
        packings = {coding: path.with_name(path.name + ending) for coding, ending in PACKINGS}
        found[f"/{name}"] = Asset(
            content_type=_TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream",
            cache=IMMUTABLE if name.startswith("assets/") else ASK_FIRST,
            etag=hashlib.sha256(body).hexdigest()[:20],
            bodies={"": body, **{coding: one.read_bytes() for coding, one in packings.items() if one.is_file()}},
        )
    return found


def is_client_route(path: str) -> bool:
    """Whether the page stands at this address. Never true for the API, sockets, files and the operator's addresses."""
    return any(route.fullmatch(path) for route in CLIENT_ROUTES)


def is_opened_by_person(path: str, accepted: str) -> bool:
    """Whether a browser navigates to an address at which nothing stands: it gets a page that says so, with 404. A
    program, an ``<img>`` and the client's own requests get the code in JSON.
    """
    return "text/html" in accepted and not path.startswith(NOT_FOR_PEOPLE)


def choose_coding(accepted: str, asset: Asset) -> str:
    """The smallest coding that the browser takes (RFC 9110 §12.5.3); a weight of 0 refuses one."""
    taken = set()
    for one in accepted.lower().split(","):
        coding, _, weight = (part.strip() for part in one.partition(";"))
        if not re.fullmatch(r"q=0(\.0*)?", weight):
            taken.add(coding)
    return next((coding for coding, _ in PACKINGS if coding in taken and coding in asset.bodies), "")


def add_static(app: web.Application, folder: Path = STATIC) -> None:
    """Serve the build. Comes last: every other route has been asked before."""
    assets = load_assets(folder)
    page = assets.get("/index.html")

    async def serve(request: web.Request) -> web.Response:
        path = request.path
        if is_client_route(path):
            return _answer(request, page) if page else web.Response(status=503, text=_UNBUILT, content_type="text/html")
        asset = assets.get(path)
        if asset is not None:
            return _answer(request, asset)
        if page is None or not is_opened_by_person(path, request.headers.get("Accept", "")):
            raise web.HTTPNotFound
        lost = _answer(request, page)
        if lost.status == 200:
            lost.set_status(404)
        return lost

    app.add_routes([web.get("/{path:.*}", serve)])


def _answer(request: web.Request, asset: Asset) -> web.Response:
    coding = choose_coding(request.headers.get("Accept-Encoding", ""), asset)
    headers = {"Cache-Control": asset.cache, "ETag": f'"{asset.etag}{coding}"', "Vary": "Accept-Encoding"}
    asked = request.if_none_match
    if asked and any(tag.value == f"{asset.etag}{coding}" for tag in asked):
        return web.Response(status=304, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
    charset = "utf-8" if asset.content_type.startswith("text/") else None
    return web.Response(body=asset.bodies[coding], content_type=asset.content_type, charset=charset, headers=headers)
