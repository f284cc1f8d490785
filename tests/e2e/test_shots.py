"""Pictures of every screen that stands, written to ``shots/`` to be looked at; each is also a run of axe (E-12)."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import chromium
from tests.e2e.demo import Demo, demo_school, enter
from tests.e2e.looks import LOOKS

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "shots"
AXE = ROOT / "clients" / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => {
  const found = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    rules: { 'target-size': { enabled: true } },
  })
  return found.violations.map((one) => ({
    rule: one.id, where: one.nodes.slice(0, 4).map((node) => node.target.join(' ') + ' | ' + node.failureSummary),
  }))
}"""
AGED = """async () => {
  const [{ name }] = await indexedDB.databases()
  const open = indexedDB.open(name)
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)))
  const at = db.transaction('outbox', 'readwrite')
  const all = at.objectStore('outbox').getAll()
  all.onsuccess = () => {
    const old = (post) => ({ ...post, created: post.created - 48 * 3600000, tab: 'gone' })
    for (const post of all.result) at.objectStore('outbox').put(old(post))
  }
  await new Promise((done) => (at.oncomplete = done))
  db.close()
}"""
WIDTHS = {1280: 800, 768: 900, 360: 740}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    SHOTS.mkdir(exist_ok=True)
    with demo_school(tmp_path_factory.mktemp("demo")) as school:
        yield school


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


class Camera:
    """Takes a picture and has axe look at it; what axe finds is kept until the end, so that one run shows all of it."""

    def __init__(self, page: Page, tail: str) -> None:
        self.page = page
        self.tail = tail
        self.found: list[Any] = []

    async def shoot(self, name: str) -> None:
        await self.page.evaluate("document.fonts.ready")
        # Two frames: what the last press started is drawn.
        await self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        await self.page.screenshot(path=SHOTS / f"{name}-{self.tail}.png", animations="disabled")
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        self.found += [(name, one) for one in await self.page.evaluate(RUN_AXE)]


async def open_chat(page: Page, title: str) -> None:
    await page.locator("a[data-chat]").filter(has=page.locator(".title", has_text=re.compile(f"^{title}"))).click()
    await expect(page.locator("#composer")).to_be_visible()
    await expect(page.locator('#messages [role="listitem"]').first).to_be_visible()
    # Off the row, whose button would lie over its badge.
    await page.mouse.move(4, 4)
    # The list finds its place in the frame after its rows are measured.
    await expect(page.locator(".ring")).to_have_count(0)


async def to_list(page: Page, width: int) -> None:
    if width < 768:
        await page.goto(page.url.partition("/messages")[0] + "/messages")


@pytest.mark.parametrize(("width", "theme", "lang"), [*LOOKS, (768, "light", "ru")])
async def test_every_screen_in_pictures_and_by_axe(
    demo: Demo, browser: Browser, width: int, theme: str, lang: str
) -> None:
    """E-12, E-13: each screen in both themes and languages, on a phone, a tablet and a desktop, without a violation."""
    page = await enter(browser, demo, "Алексей", lang=lang, theme=theme, width=width, height=WIDTHS[width])
    camera = Camera(page, f"{theme}-{lang}-{width}")
    home = demo.server.url

    await camera.shoot("14-chat-list")
    await open_chat(page, "Шахматы")
    await page.locator("#composer").fill("Возьму доску и часы")
    await to_list(page, width)
    await open_chat(page, "7А")
    await camera.shoot("15-conversation")

    await page.locator("#messages").evaluate("(list) => (list.scrollTop = 0)")
    await expect(page.locator(".jump")).to_be_visible()
    await camera.shoot("15-jump")
    await page.locator(".jump > button").click()
    await expect(page.locator(".jump")).to_have_count(0)

    row = page.locator('#messages [role="listitem"]').filter(has_text="Верно, спасибо, Ваня").first
    await row.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu")).to_be_visible()
    await camera.shoot("16-message-menu")
    await page.locator('[data-item="forward"]').click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    for choice in await page.get_by_role("checkbox").all():
        if await choice.is_enabled():
            await choice.check()
            break
    await camera.shoot("25-forward")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.goto(page.url.partition("?")[0] + "?panel=details")
    await expect(page.locator("aside li").first).to_be_visible()
    await camera.shoot("28-details")

    await page.goto(home + "/settings")
    await camera.shoot("21-settings")
    await page.goto(home + "/home")
    await expect(page.locator(".tile").first).to_be_visible()
    await camera.shoot("18-home")
    await page.goto(home + "/messages?list=archive")
    await expect(page.locator("a[data-chat]").first).to_be_visible()
    await camera.shoot("22-archive")
    await page.goto(home + "/messages")
    await page.get_by_role("button", name="Новый чат" if lang == "ru" else "New chat").click()
    await expect(page.get_by_role("dialog").locator("li").first).to_be_visible()
    await camera.shoot("22-new-chat")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("searchbox").fill("щщщ")
    await expect(page.locator("a[data-chat]")).to_have_count(0)
    await camera.shoot("22-nothing-found")
    await page.get_by_role("searchbox").fill("")

    await open_chat(page, "Мария Иванова")
    await page.context.set_offline(True)
    await expect(page.locator("[data-strip=warn]")).to_be_visible()
    await page.locator("#composer").fill("Принесу и запасную ручку ✏️")
    await page.keyboard.press("Enter") if width >= 600 else await page.locator("#composer + button").click()
    await camera.shoot("30-offline")
    # Two days later: it is not sent silently, somebody is asked first.
    await page.evaluate(AGED)
    await page.goto(home + "/messages")
    await page.context.set_offline(False)
    await page.reload()
    await open_chat(page, "Мария Иванова")
    await expect(page.locator('[data-state="failed"]')).to_be_visible()
    await camera.shoot("15-failed")
    await page.context.close()

    stranger = await browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        locale="ru-RU" if lang == "ru" else "en-GB",
        color_scheme="dark" if theme == "dark" else "light",
    )
    camera.page = await stranger.new_page()
    await camera.page.goto(home + "/")
    await expect(camera.page.get_by_role("heading", level=1)).to_be_visible()
    await camera.shoot("01-landing")
    await stranger.close()
    assert not camera.found, "\n".join(map(str, camera.found))


def node_path() -> str:
    """As ``clients/web/build.py`` finds Node: the system's, else the one it fetched."""
    return f"{os.environ['PATH']}{os.pathsep}{ROOT / '.tools' / 'node' / 'bin'}"


@pytest.fixture(scope="module")
def stories() -> Iterator[str]:
    """The page of components, built and served as files; the address."""
    web = ROOT / "clients" / "web"
    subprocess.run(
        ["npm", "run", "--silent", "stories"],
        check=True,
        capture_output=True,
        cwd=web,
        env={**os.environ, "PATH": node_path()},
    )
    handler = partial(SilentFiles, directory=str(web / ".stories"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/stories.html"
        server.shutdown()
        thread.join()


class SilentFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """A test's output holds no access log."""


@pytest.mark.parametrize(("width", "theme", "lang"), LOOKS)
async def test_every_component_in_every_state(
    stories: str, browser: Browser, width: int, theme: str, lang: str
) -> None:
    """E-12, E-13: the page of components, looked at and without a violation of axe."""
    context = await browser.new_context(viewport={"width": width, "height": 2_600}, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(f"{stories}?lang={lang}&theme={theme}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    camera = Camera(page, f"{theme}-{lang}-{width}")
    await camera.shoot("00-components")
    await context.close()
    assert not camera.found, "\n".join(map(str, camera.found))
