"""The demo school on a real server, and a browser signed in to it by its links. Needs the built web client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.e2e.browser import WAIT_MS
from tests.e2e.server import ServerProcess


class Demo:
    """``links`` are sign-in paths by what stands before them: «Ученик: Алексей Петров, 7А»."""

    def __init__(self, server: ServerProcess, links: dict[str, str]) -> None:
        self.server = server
        self.links = links

    def link(self, name: str) -> str:
        return self.server.url + next(path for label, path in self.links.items() if name in label)


@contextmanager
def demo_school(home: Path) -> Iterator[Demo]:
    server = ServerProcess(home)
    said = server.command("demo")
    links = {label.strip(): path for label, path in re.findall(r"^(.+?)\s+http://\S+?(/demo/\S+)$", said, re.MULTILINE)}
    server.start()
    try:
        yield Demo(server, links)
    finally:
        server.kill()


async def enter(
    browser: Browser,
    demo: Demo,
    name: str,
    *,
    lang: str = "ru",
    theme: str = "light",
    width: int = 1280,
    height: int = 800,
) -> Page:
    """A page of that person, in this language and theme, with the chats loaded. Close its context when done."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        locale="ru-RU" if lang == "ru" else "en-GB",
        timezone_id="Europe/Moscow",
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=width < 600,
    )
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    await page.goto(demo.link(name))
    await page.locator("a[data-chat]").first.wait_for()
    return page
