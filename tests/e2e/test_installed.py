"""The web client as an installed application: icons and manifest, and how a newer build takes over."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import ClientSession, web
from playwright.async_api import expect

from tests.e2e.browser import Person, chromium
from tests.e2e.conftest import School
from tests.e2e.server import ServerProcess

ROOT = Path(__file__).parents[2]


class Deployment:
    """Stands before the server and gives out another service worker once ``newer`` is set, as a new build would."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.newer = False
        self.url = ""

    async def pass_on(self, request: web.Request) -> web.Response:
        headers = {**request.headers, "Accept-Encoding": "identity"}
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                self.server.url + request.path_qs,
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            ) as answer,
        ):
            body = await answer.read()
            if request.path == "/sw.js" and self.newer:
                assert b'`shell-${"' in body
                body = body.replace(b'`shell-${"', b'`shell-${"newer-')
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name.lower() not in {"content-length", "transfer-encoding", "connection", "etag"}
            }
            return web.Response(status=answer.status, headers=kept, body=body)


@pytest_asyncio.fixture
async def deployment(server: ServerProcess) -> AsyncIterator[Deployment]:
    before = Deployment(server)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", before.pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    before.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield before
    await runner.cleanup()


async def test_a_newer_build_says_so_and_takes_over_when_asked(deployment: Deployment, school: School) -> None:
    """Experience §2: the strip offers it; nothing reloads before the press, and after it the new build runs."""
    async with chromium() as browser:
        masha = await Person.enter(browser, deployment.url, school.tokens["masha"])
        await masha.page.goto(f"{deployment.url}/messages")
        await masha.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        taken = "async () => { while (!navigator.serviceWorker.controller) await new Promise(requestAnimationFrame) }"
        await masha.page.evaluate(taken)
        strip = masha.page.get_by_text("Вышло обновление")
        await expect(strip).to_have_count(0)
        await masha.page.evaluate("window.sameDocument = true")
        deployment.newer = True
        await masha.page.evaluate(
            "navigator.serviceWorker.getRegistration().then((one) => one.update()).then(() => true)"
        )
        await expect(strip).to_be_visible()
        assert await masha.page.evaluate("window.sameDocument") is True
        async with masha.page.expect_navigation():
            await masha.page.get_by_role("button", name="Обновить").click()
        await expect(masha.page.locator('[data-screen="S22"]')).to_be_visible()
        await expect(strip).to_have_count(0)
        assert await masha.page.evaluate("window.sameDocument") is None
        assert await masha.page.evaluate(
            "navigator.serviceWorker.getRegistration().then((one) => one.waiting === null && one.active !== null)"
        )


async def test_the_application_can_be_installed(server: ServerProcess, school: School) -> None:
    """Experience §1: Chromium finds nothing that stands against installing, and every icon is what it says."""
    async with chromium() as browser:
        masha = await Person.enter(browser, server.url, school.tokens["masha"])
        await masha.page.goto(f"{server.url}/home")
        await masha.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        tool = await masha.context.new_cdp_session(masha.page)
        manifest = await tool.send("Page.getAppManifest")
        assert manifest["errors"] == []
        refused = await tool.send("Page.getInstallabilityErrors")
        assert [one["errorId"] for one in refused["installabilityErrors"]] in ([], ["in-incognito"])
        told = await masha.page.evaluate("fetch('/manifest.webmanifest').then((answer) => answer.json())")
        pictures = {icon["src"]: icon for icon in told["icons"] if icon["type"] == "image/png"}
        assert {icon["purpose"] for icon in pictures.values()} == {"any", "maskable"}
        for src, icon in pictures.items():
            answer = await masha.context.request.get(server.url + src)
            body = await answer.body()
            assert body[:8] == b"\x89PNG\r\n\x1a\n"
            width, height = struct.unpack(">II", body[16:24])
            assert f"{width}x{height}" == icon["sizes"]
