"""The call's page in two browsers: a press in the chat, voices and pictures, a killed worker, leaving."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.browser import WAIT_MS, Person
from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess
from tests.e2e.test_calls import a_chat
from tests.media.room import ARGUMENTS

SHOWN = """() => [...document.querySelectorAll('[data-screen="S32"] video')].map((video) => video.videoWidth && video.getVideoPlaybackQuality().totalVideoFrames)"""  # noqa: E501 - one expression of the page
HEARD = """() => [...document.querySelectorAll('[data-screen="S32"] audio')].filter((one) => one.srcObject && one.currentTime > 0).length"""  # noqa: E501 - one expression of the page


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, RT_MEDIA__WORKERS="1", RT_MEDIA__PORT="0")
    process.start()
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield made
        await made.close()


async def until(page: Page, script: str, wanted: Any) -> Any:
    async with asyncio.timeout(WAIT_MS / 1000):
        while True:  # a page's counters tell nobody when they change
            found = await page.evaluate(script)
            if wanted(found):
                return found
            await asyncio.sleep(0.1)


async def test_a_call_from_the_chat_and_back_after_a_killed_worker(
    server: ServerProcess, school: School, browser: Browser
) -> None:
    """R-100, R-101, R-102: two presses in the chat and both are in; camera and microphone go on; frames are decoded;
    media comes back by itself after a killed worker.
    """
    asking = Client(school.tokens["teacher"])
    await asking.connect(server.url)
    chat = await a_chat(asking, school)
    people = {name: await Person.enter(browser, server.url, school.tokens[name]) for name in ("teacher", "masha")}
    for person in people.values():
        await person.open_chat(chat)
        await person.page.get_by_role("button", name="Позвонить").click()
        await expect(person.page.locator('[data-screen="S32"]')).to_be_visible()
    for person in people.values():
        for label in ("Включить микрофон", "Включить камеру"):
            await person.page.get_by_role("button", name=label).click()
    for person in people.values():
        await until(person.page, SHOWN, lambda frames: len(frames) == 2 and all(n and n > 20 for n in frames))
        await until(person.page, HEARD, lambda count: count >= 1)
    assert server.process is not None
    [worker] = [one for one in psutil.Process(server.process.pid).children() if "media" in one.cmdline()]
    os.kill(worker.pid, signal.SIGKILL)
    for person in people.values():
        await expect(person.page.get_by_text("Возвращаемся в звонок")).to_be_hidden()
        await until(person.page, SHOWN, lambda frames: len(frames) == 2 and all(n and n > 20 for n in frames))
    await people["masha"].page.get_by_role("button", name="Выйти").click()
    await expect(people["masha"].composer).to_be_visible()
    await expect(people["teacher"].page.get_by_text("Ждём остальных")).to_be_visible()
    await people["teacher"].page.reload()  # an address that is opened before there is a line waits for it
    await expect(people["teacher"].page.get_by_text("Ждём остальных")).to_be_visible()
    for person in people.values():
        assert not person.complaints
    await asking.close()
