"""The web client over HTTP: what stands at which address, how it is packed, and what never leaves the folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from rtserver.routes.public import edge
from rtserver.routes.static import add_static, is_client_route

Client = TestClient[web.Request, web.Application]
PAGE = "<!doctype html><title>page</title>"
SCRIPT = "console.log('урок')"


async def client_of(folder: Path) -> Client:
    app = web.Application(middlewares=[edge("support@school")])

    async def me(_: web.Request) -> web.Response:
        return web.json_response({"account": "1"})

    app.add_routes([web.get("/api/me", me)])
    add_static(app, folder)
    client: Client = TestClient(TestServer(app), auto_decompress=False)
    await client.start_server()
    return client


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / ".vite").mkdir()
    (static / ".vite" / "manifest.json").write_text("{}")
    (static / ".built-from").write_text("digest")
    (static / "index.html").write_text(PAGE)
    (static / "sw.js").write_text("self")
    (static / "assets" / "app-h4sh.js").write_text(SCRIPT)
    (static / "assets" / "app-h4sh.js.br").write_bytes(b"brotli")
    (static / "assets" / "app-h4sh.js.gz").write_bytes(b"gzip")
    (tmp_path / "secret.txt").write_text("secret")
    made = await client_of(static)
    yield made
    await made.close()


ROUTES = [
    "/",
    "/login",
    "/login/code",
    "/qr/t0ken",
    "/i/t",
    "/p/t",
    "/c/t",
    "/register/profile",
    "/invitation",
    "/apply",
    "/apply/sent",
    "/school/new",
    "/hold",
    "/home",
    "/messages",
    "/messages/12",
    "/messages/12/345",
    "/documents",
    "/profile",
    "/profile/main",
    "/u/7",
    "/settings/security",
    "/admin/links",
    "/call/5",
    "/call/5/ended",
]
NOT_ROUTES = [
    "/api",
    "/api/messages",
    "/socket.io/",
    "/socket.io-msgpack/",
    "/metrics",
    "/healthz",
    "/demo/t",
    "/files/1",
    "/uploads/1",
    "/messages/1/x",
    "/login/other/x",
    "/assets/x.js",
    "/index",
    "/calls/5",
]


@pytest.mark.parametrize("path", ROUTES)
async def test_every_address_of_the_client_gives_the_page(client: Client, path: str) -> None:
    """Experience §2: a reload restores the same screen."""
    answer = await client.get(path)
    assert (answer.status, await answer.text()) == (200, PAGE)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", NOT_ROUTES)
async def test_other_doors_never_fall_to_the_page(client: Client, path: str) -> None:
    assert not is_client_route(path)
    answer = await client.get(path)
    assert answer.status == 404
    assert (await answer.json())["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "page"), [("/mesages", True), ("/login/other/x", True), ("/api/nothing", False), ("/assets/x.js", False)]
)
async def test_a_person_at_a_wrong_address_gets_a_page(client: Client, path: str, page: bool) -> None:
    """E-15: a browser that goes to a mistyped address is told in words, still with 404; programs get the code."""
    answer = await client.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status == 404
    assert (PAGE in await answer.text()) is page
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")


async def test_the_api_is_asked_first(client: Client) -> None:
    assert await (await client.get("/api/me")).json() == {"account": "1"}


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gzip"),
        ("identity", None, SCRIPT.encode()),
        ("", None, SCRIPT.encode()),
    ],
)
async def test_a_hashed_file_is_packed_and_kept_for_good(
    client: Client, accepted: str, coding: str | None, body: bytes
) -> None:
    answer = await client.get("/assets/app-h4sh.js", headers={"Accept-Encoding": accepted})
    assert await answer.read() == body
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["Cache-Control"]


async def test_what_the_browser_holds_is_not_sent_again(client: Client) -> None:
    first = await client.get("/sw.js")
    again = await client.get("/sw.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    other = await client.get("/sw.js", headers={"If-None-Match": '"other"'})
    assert other.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%5c..%5csecret.txt",
        "/.built-from",
        "/.vite/manifest.json",
        "/assets/app-h4sh.js.br",
        "/assets",
    ],
)
async def test_nothing_else_of_the_disk_is_given(client: Client, path: str) -> None:
    from yarl import URL

    answer = await client.get(URL(path, encoded=True))
    assert answer.status == 404
    assert "secret" not in await answer.text()


async def test_a_missing_build_is_said_plainly(tmp_path: Path) -> None:
    client = await client_of(tmp_path / "nothing")
    answer = await client.get("/messages")
    assert answer.status == 503
    assert "make run" in await answer.text()
    await client.close()
