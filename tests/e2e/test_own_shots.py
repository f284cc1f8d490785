"""Pictures of Home, profiles and settings, to be looked at; each is also a run of axe (E-12)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import chromium
from tests.e2e.demo import Demo, demo_school, enter
from tests.e2e.looks import LOOKS
from tests.e2e.test_shots import SHOTS, WIDTHS, Camera


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    SHOTS.mkdir(exist_ok=True)
    with demo_school(tmp_path_factory.mktemp("demo")) as school:
        yield school


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def show(page: Page, url: str, screen: str) -> None:
    """Open an address and wait until what it shows is there."""
    await page.goto(url)
    await expect(page.locator(f'[data-screen="{screen}"]')).to_be_visible()
    await expect(page.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize(("width", "theme", "lang"), LOOKS)
async def test_own_screens_in_pictures_and_by_axe(
    demo: Demo, browser: Browser, width: int, theme: str, lang: str
) -> None:
    """E-12, R-78…R-83: by a student, a parent, a teacher and an administrator, without a violation."""
    found = []
    home = demo.server.url
    tail = f"{theme}-{lang}-{width}"
    people = {"student": "Алексей", "parent": "Родитель", "teacher": "Учитель", "admin": "Администратор"}
    for who, name in people.items():
        page = await enter(browser, demo, name, lang=lang, theme=theme, width=width, height=WIDTHS[width])
        camera = Camera(page, tail)
        await show(page, home + "/home", "S18")
        await camera.shoot(f"12-home-{who}")
        await show(page, home + "/profile/main", "S19")
        await camera.shoot(f"13-profile-{who}")
        await show(page, home + "/profile/contacts", "S19")
        await camera.shoot(f"19-contacts-{who}")
        if who == "student":
            await page.locator('[data-screen="S19"] li a').first.click()
            await expect(page.get_by_role("button", name="Написать" if lang == "ru" else "Message")).to_be_visible()
            await camera.shoot("19-person")
            await show(page, home + "/u/1", "S19")
            await camera.shoot("19-person-unknown")
            await show(page, home + "/profile/blacklist", "S19")
            await camera.shoot("19-blacklist-empty")
            await show(page, home + "/settings", "S21")
            await camera.shoot("21-general")
            await show(page, home + "/settings/security", "S21")
            await camera.shoot("21-security")
            await page.get_by_role("button", name="Придумать пароль" if lang == "ru" else "Choose a password").click()
            await expect(page.get_by_role("dialog")).to_be_visible()
            await camera.shoot("21-password")
            await page.keyboard.press("Escape")
            await show(page, home + "/settings/data", "S21")
            await camera.shoot("21-data")
            await page.get_by_role("button", name="Удалить аккаунт" if lang == "ru" else "Delete the account").click()
            await expect(page.get_by_role("alertdialog")).to_be_visible()
            await camera.shoot("21-close")
        if who == "teacher":
            await show(page, home + "/profile/main", "S19")
            await page.get_by_role("button", name="Редактировать" if lang == "ru" else "Edit").click()
            await expect(page.get_by_role("dialog")).to_be_visible()
            await camera.shoot("19-edit")
        found += camera.found
        await page.context.close()
    assert not found, "\n".join(map(str, found))
