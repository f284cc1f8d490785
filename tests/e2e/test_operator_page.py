"""The operator's page in Chromium: a school asks to be registered, the operator decides, the applicant learns it."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.server import ServerProcess
from tests.e2e.test_entering import SHOTS, browser, visitor
from tests.e2e.test_school_entry import api, born
from tests.e2e.test_shots import AXE, RUN_AXE

__all__ = ["browser"]  # fixtures


def someone(server: ServerProcess, first: str) -> str:
    ident = server.command("admin", "account", "add", first, "Белова")
    born(server.home, ident, "1980-01-01")
    return server.command("admin", "account", "token", ident)


async def looked_at(page: Page, name: str) -> None:
    """Axe finds nothing; a picture for people."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(RUN_AXE)
    assert not found, found
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


async def test_a_school_is_asked_for_and_registered(server: ServerProcess, browser: Browser) -> None:
    """R-51, R-52, S13: the form names what is missing; refused with a reason; asked again, approved; the desk opens."""
    who = await visitor(browser, "head", width=360, theme="light")
    await who.page.goto(server.url + "/school/new")
    await expect(who.page.get_by_text("Сначала войдите")).to_be_visible()
    await who.at("S13")
    token = someone(server, "Анна")
    await who.page.context.add_cookies([{"name": "rt_session", "value": token, "url": server.url}])
    operator = await visitor(browser, "operator", width=1280, theme="light")
    page = operator.page
    for name, decision in (("Гимназия №1", "refused"), ("МБОУ «Гимназия №1» г. Клин", "approved")):
        await who.page.goto(server.url + "/school/new")
        await who.button("Отправить заявку на регистрацию школы").click()
        await expect(who.page.locator("[aria-invalid=true]")).to_have_count(4)
        await who.page.get_by_label("Название организации").fill(name)
        await who.page.get_by_label("Населённый пункт").fill("Клин")
        await who.page.get_by_label("Ваша должность").fill("директор")
        await who.page.get_by_label("Телефон или почта для связи").fill("director@school.example")
        await who.button("Отправить заявку на регистрацию школы").click()
        await expect(who.page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Заявка №\d+ отправлена"))
        await who.at("S13")
        await page.goto(f"http://127.0.0.1:{server.operator_port}/")
        row = page.locator("li[data-number]")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("Белова")
        await looked_at(page, f"operator-{decision}-1")
        if decision == "refused":
            await row.get_by_role("button", name="Отказать").click()
            await row.get_by_label("Причина отказа").fill("Назовите школу полностью")
            await looked_at(page, f"operator-{decision}-2")
            await row.get_by_role("button", name="Отказать").last.click()
        else:
            await row.get_by_role("button", name="Одобрить").click()
        await expect(row).to_have_count(0)
        await expect(page.get_by_role("status")).to_contain_text(name)
        await page.get_by_label("Отказы" if decision == "refused" else "Одобренные").check()
        await expect(row).to_have_count(1)
        await looked_at(page, f"operator-{decision}-3")
        await who.page.goto(server.url + "/school/new")
        await expect(who.page.locator(f"[data-request] .{decision}")).to_be_visible()
        await who.at("S13")
    await expect(who.page.get_by_text("Причина: Назовите школу полностью")).to_be_visible()
    await who.button("Открыть управление").click()
    await expect(who.page.locator('[data-screen="S29"]')).to_contain_text("МБОУ «Гимназия №1»")


async def test_the_page_speaks_english_in_the_dark(server: ServerProcess, browser: Browser) -> None:
    """E-12: both languages, both themes, a phone's width."""
    ask = {"name": "School 1", "place": "Klin", "position": "head", "contact": "a@b.example"}
    api(server, someone(server, "Anna"), "POST", "/api/school-requests", ask)
    context = await browser.new_context(locale="en-GB", color_scheme="dark", viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{server.operator_port}/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("School requests")
    await expect(page.locator("li[data-number]")).to_have_count(1)
    await looked_at(page, "operator-en-dark")
    await page.get_by_role("button", name="Русский").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Заявки школ")


def test_the_page_answers_to_this_machine_alone(server: ServerProcess) -> None:
    """A name that was rebound to 127.0.0.1 gets nothing, and the public address has no such page."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.operator_port}/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 403
    with pytest.raises(urllib.error.HTTPError) as unknown:
        urllib.request.urlopen(f"{server.url}/page/page.js", timeout=5)
    assert unknown.value.code == 404
