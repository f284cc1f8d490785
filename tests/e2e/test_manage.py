"""The management desk in Chromium: an administrator makes and revokes a link; nobody else is shown the section."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.demo import chromium, demo_school, enter

ROOT = Path(__file__).parents[2]


@pytest.fixture
def built() -> None:
    subprocess.run([sys.executable, ROOT / "clients" / "web" / "build.py"], check=True, capture_output=True)


@pytest.mark.usefixtures("built")
@pytest.mark.asyncio
async def test_an_administrator_makes_and_revokes_a_link(tmp_path: Path) -> None:
    """R-15, R-37: the link is made on the desk and dies there. A student has no such section."""
    with demo_school(tmp_path) as demo:
        async with chromium() as browser:
            page = await enter(browser, demo, "Администратор")
            await page.get_by_role("link", name="Управление").click()
            await expect(page.locator('[data-screen="S29"]')).to_be_visible()
            await page.screenshot(path=str(tmp_path / "applications.png"))
            await page.get_by_role("radio", name="Приглашения").click()
            links = page.locator("[data-screen='S29'] .url")
            await page.locator("[data-screen='S29'] li, [data-screen='S29'] .empty").first.wait_for()
            before = await links.count()
            await page.get_by_role("button", name="Создать ссылку").click()
            await expect(links).to_have_count(before + 1)
            await page.screenshot(path=str(tmp_path / "invites.png"))
            await page.get_by_role("button", name="Отозвать").first.click()
            await expect(links).to_have_count(before)
            student = await enter(browser, demo, "Ученик")
            await expect(student.get_by_role("link", name="Управление")).to_have_count(0)
