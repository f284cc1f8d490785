"""Chromium with one person logged in, driven through what a person sees. Needs the built web client."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, async_playwright, expect

WAIT_MS = 20_000
"""For what must come; the machine of a check may be slow. Nothing is measured by it."""
expect.set_options(timeout=WAIT_MS)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )
        try:
            yield browser
        finally:
            await browser.close()


KEPT = """async (text) => {
  const [{ name }] = await indexedDB.databases()
  const open = indexedDB.open(name)
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)))
  for (;;) {
    const all = db.transaction('chats').objectStore('chats').getAll()
    const chats = await new Promise((done) => (all.onsuccess = () => done(all.result)))
    if (chats.some((chat) => chat.tail?.messages.some((message) => message.text === text))) return db.close()
  }
}"""


class Person:
    """A browser of its own, logged in by the session's cookie; ``complaints`` are CSP violations and script errors."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.watch(page)

    @classmethod
    async def enter(cls, browser: Browser, url: str, token: str, **options: str) -> Person:
        context = await browser.new_context(locale="ru-RU", **options)  # type: ignore[arg-type] # keyword options of Playwright's own
        await context.add_cookies([{"name": "rt_session", "value": token, "url": url, "httpOnly": True}])
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        return cls(context, page, url)

    def watch(self, page: Page) -> None:
        def said(message: ConsoleMessage) -> None:
            if "Content Security Policy" in message.text:
                self.complaints.append(message.text)

        page.on("console", said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open_chat(self, chat: str) -> None:
        await self.page.goto(f"{self.url}/messages/{chat}")
        await expect(self.composer).to_be_visible()

    @property
    def composer(self) -> Locator:
        return self.page.locator("#composer")

    async def write(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    def message(self, text: str) -> Locator:
        """Rows of the open conversation that say exactly this."""
        said = self.page.locator(".bubble").filter(has_text=re.compile(re.escape(text)))
        return self.page.locator('[data-screen="S23"] [role="listitem"]').filter(has=said)

    async def kept(self, text: str) -> None:
        """Wait until a message is in the account's cache: what is not on disk yet cannot be read without a network."""
        async with asyncio.timeout(WAIT_MS / 1000):
            await self.page.evaluate(KEPT, text)
