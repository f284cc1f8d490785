"""A chat of thousands of messages in Chromium: what is looked at stays where it is, whatever comes in around it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.browser import Person, chromium
from tests.e2e.conftest import School
from tests.e2e.scrolling import UP, scroll, still
from tests.e2e.server import Client, ServerProcess

ROOT = Path(__file__).parents[2]
POSTS = 1_200
DRIFT_MAX_PX = 1.0
"""Design §4.2."""


@pytest.fixture
def chat(server: ServerProcess, school: School) -> str:
    server.stop()
    url = server.environment["RT_STORAGE__DATABASE"]
    command = [
        sys.executable,
        "-m",
        "tests.long_chat",
        url,
        school.ids["teacher"],
        school.ids["masha"],
        "1",
        str(POSTS),
    ]
    made = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    server.start()
    return str(made[0])


@pytest_asyncio.fixture
async def masha(server: ServerProcess, school: School, chat: str) -> AsyncIterator[Person]:
    async with chromium() as browser:
        person = await Person.enter(browser, server.url, school.tokens["masha"])
        yield person
        assert person.complaints == []


def text(number: int) -> str:
    return f"№ {number}:"


async def test_reading_up_never_moves_what_is_looked_at(masha: Person, chat: str) -> None:
    """E-11, experience §4.2: over 20 pages of older messages the anchor drifts by at most one pixel."""
    await masha.open_chat(chat)
    await expect(masha.message(text(POSTS - 1))).to_have_count(1)
    await still(masha.page)
    await scroll(masha.page, -0.45, 20, UP)  # away from the bottom, which holds by itself
    seen = await scroll(masha.page, -0.45, 1_000, "arrivals >= 20")
    assert seen["drift"] <= DRIFT_MAX_PX, seen


async def test_a_gap_after_a_jump_fills_from_both_sides_and_moves_nothing(masha: Person, chat: str) -> None:
    """E-11, experience §4.2: a link far up leaves a gap row; scrolling to it loads what is between, without a jerk."""
    await masha.page.goto(f"{masha.url}/messages/{chat}/400")
    target = masha.page.locator('[data-seq="400"]')
    await expect(target).to_be_in_viewport()
    await still(masha.page)
    down = await scroll(masha.page, 0.45, 60, "arrivals >= 3")
    assert down["drift"] <= DRIFT_MAX_PX, down
    await masha.page.get_by_role("button", name="К последним").click()
    await expect(masha.message(text(POSTS - 1))).to_be_in_viewport()
    await still(masha.page)
    await scroll(masha.page, -0.45, 20, UP)
    up = await scroll(masha.page, -0.45, 60, "arrivals >= 3")
    assert up["drift"] <= DRIFT_MAX_PX, up
    # On to where it began (400 itself stays mounted: it has the focus): every message is there, in order, each once.
    seen = await masha.page.evaluate(
        """async () => {
          const scroller = document.querySelector('#messages')
          const seen = new Set()
          for (let n = 0; n < 900 && !seen.has(401); n += 1) {
            for (const row of scroller.querySelectorAll('[data-seq]')) seen.add(Number(row.dataset.seq))
            scroller.scrollTop -= scroller.clientHeight * 0.8
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
          }
          return [...seen].sort((a, b) => a - b)
        }"""
    )
    start = seen.index(400)
    assert seen[start:] == list(range(400, seen[-1] + 1))
    await expect(masha.page.locator("[data-gap]")).to_have_count(0)


async def test_a_message_that_grows_above_moves_nothing(
    masha: Person, chat: str, server: ServerProcess, school: School
) -> None:
    """E-11, experience §4.2: a first reaction above what is looked at makes its row taller, and nothing moves."""
    await masha.open_chat(chat)
    await expect(masha.message(text(POSTS - 1))).to_have_count(1)
    await still(masha.page)
    await scroll(masha.page, -0.45, 20, UP)
    teacher = Client(school.tokens["teacher"])
    await teacher.connect(server.url)
    # The nearest row above the window that the teacher wrote.
    seq, key, top = await masha.page.evaluate(
        """() => {
          const scroller = document.querySelector('#messages')
          const box = scroller.getBoundingClientRect()
          const rows = [...scroller.querySelectorAll('[data-seq]')]
          const teachers = rows.filter((one) => !one.classList.contains('right'))
          const above = teachers.filter((one) => one.getBoundingClientRect().bottom < box.top).at(-1)
          const looked = rows.find((one) => one.getBoundingClientRect().top > box.top + box.height / 2)
          return [Number(above.dataset.seq), looked.dataset.key, looked.getBoundingClientRect().top]
        }"""
    )
    answer = await teacher.call("message.react", chat=chat, target=seq, emoji="👍", on=True)
    await teacher.close()
    assert answer["ok"], answer
    await expect(masha.page.locator(f'[data-seq="{seq}"]')).to_contain_text("👍")
    await masha.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    after = await masha.page.locator(f'[data-key="{key}"]').evaluate("(row) => row.getBoundingClientRect().top")
    assert abs(after - top) <= DRIFT_MAX_PX
