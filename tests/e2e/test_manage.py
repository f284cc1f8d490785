"""The management desk in Chromium: an administrator makes and revokes a link; nobody else is shown the section."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.browser import chromium
from tests.e2e.demo import demo_school, enter
from tests.e2e.test_school_entry import api, born

ROOT = Path(__file__).parents[2]


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
            links = page.locator("[data-invite]")
            await page.locator("[data-invite], .empty").first.wait_for()
            before = await page.locator("[data-invite] .good").count()
            await page.get_by_role("button", name="Создать ссылку").click()
            await expect(page.locator("[data-invite] .good")).to_have_count(before + 1)
            await links.first.get_by_role("button", name="QR-код").click()
            url = await page.get_by_role("dialog").locator("[data-qr]").get_attribute("data-qr")
            assert url == (await links.first.locator(".url").text_content())
            await page.screenshot(path=str(tmp_path / "qr.png"))
            await page.keyboard.press("Escape")
            await links.first.get_by_role("button", name="Отозвать").click()
            await expect(page.locator("[data-invite] .good")).to_have_count(before)
            student = await enter(browser, demo, "Ученик")
            await expect(student.get_by_role("link", name="Управление")).to_have_count(0)


@pytest.mark.asyncio
async def test_applications_are_decided_on_the_desk(tmp_path: Path) -> None:
    """R-33, R-34, R-55: approved by the button, refused with a reason by keys; an undo decides nothing; a page closed
    within the undo's seconds does not lose what was decided.
    """
    with demo_school(tmp_path) as demo:
        server = demo.server
        tokens: dict[str, str] = {}
        async with chromium() as browser:
            page = await enter(browser, demo, "Администратор")
            await page.get_by_role("link", name="Управление").click()
            await page.get_by_role("radio", name="Приглашения").click()
            await page.get_by_role("button", name="Создать ссылку").click()
            url = await page.locator("[data-invite] .url").first.text_content()
            assert url
            for name in ("Пётр", "Роман", "Семён"):
                account = server.command("admin", "account", "add", name, "Новый")
                born(server.home, account, "2008-05-01")
                tokens[name] = server.command("admin", "account", "token", account)
                made = api(
                    server, tokens[name], "POST", "/api/applications", {"invite": url.rpartition("/")[2].strip()}
                )
                assert made["status"] == "waiting", made
            await page.get_by_role("radio", name="Заявки").click()
            rows = page.locator("[data-row]")
            await expect(rows).to_have_count(3)
            await page.screenshot(path=str(tmp_path / "waiting.png"))
            petr = rows.filter(has_text="Пётр")
            await petr.get_by_role("button", name="Одобрить").click()
            await page.get_by_role("button", name="Отменить").click()
            await expect(rows).to_have_count(3)
            await rows.filter(has_text="Роман").focus()
            await page.keyboard.press("r")
            await page.get_by_text("Другая причина").click()
            await page.get_by_label("Почему").fill("Ошиблись классом")
            await page.keyboard.press("Enter")
            await expect(rows).to_have_count(2)
            await petr.get_by_role("button", name="Одобрить").click()
            await expect(rows).to_have_count(1)
            await page.close(run_before_unload=False)
            states = {}
            for _ in range(100):
                states = {
                    name: api(server, token, "GET", "/api/applications")["applications"][0]
                    for name, token in tokens.items()
                }
                if states["Пётр"]["status"] == "approved":
                    break
                await asyncio.sleep(0.1)
            assert states["Пётр"]["status"] == "approved"
            assert (states["Роман"]["status"], states["Роман"]["reason"]) == ("refused", "Ошиблись классом")
            assert states["Семён"]["status"] == "waiting"
