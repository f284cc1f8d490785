"""A child and a parent enter through the web client in Chromium: link, code, application, hold, consent, class chat."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browser import chromium
from tests.e2e.server import ServerProcess
from tests.e2e.test_school_entry import api, born

ROOT = Path(__file__).parents[2]
SHOTS = os.environ.get("RT_SHOTS", "")
"""A folder for pictures of every step; empty: none are taken."""


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


class Visitor:
    """A person at a page, whose presses are counted. Typing is no press."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.presses = 0
        self.shots = 0

    async def press(self, target: Locator) -> None:
        self.presses += 1
        await target.click()

    async def at(self, screen: str) -> None:
        await expect(self.page.locator(f'[data-screen="{screen}"]')).to_be_visible()
        if SHOTS:
            self.shots += 1
            await self.page.screenshot(path=f"{SHOTS}/{self.name}-{self.shots:02}-{screen}.png", full_page=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)


async def visitor(browser: Browser, name: str, *, width: int, theme: str) -> Visitor:
    context = await browser.new_context(
        viewport={"width": width, "height": 780},
        locale="ru-RU",
        timezone_id="Europe/Moscow",
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    return Visitor(await context.new_page(), name)


def code_for(server: ServerProcess, contact: str) -> str:
    """The newest code for a contact, from the operator's page of codes that were not really sent."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.operator_port}/outbox")
    request.add_header("Accept", "application/json")
    with urllib.request.urlopen(request, timeout=5) as answer:
        codes = json.load(answer)["codes"]
    return str(max((one for one in codes if one["address"].endswith(contact)), key=lambda one: one["created"])["code"])


async def give_code(who: Visitor, server: ServerProcess, contact: str) -> None:
    """The last digit submits by itself."""
    await who.at("S04")
    await who.page.get_by_label("Код подтверждения").press_sequentially(code_for(server, contact))


async def fill_person(page: Page, first: str, last: str, day: str, month: str, year: str, gender: str) -> None:
    await page.get_by_label("Имя", exact=True).fill(first)
    await page.get_by_label("Фамилия", exact=True).fill(last)
    await page.get_by_label("День").fill(day)
    await page.get_by_label("Месяц").select_option(month)
    await page.get_by_label("Год").fill(year)
    await page.get_by_label("Пол", exact=True).select_option(gender)


@pytest.fixture
def desk(server: ServerProcess) -> tuple[str, str, str]:
    """The head's token, the path of the school's desk, an invite's URL into 5А."""
    ident = server.command("admin", "account", "add", "Анна", "Белова")
    born(server.home, ident, "1980-01-01")
    head = server.command("admin", "account", "token", ident)
    found = api(server, "", "GET", f"/api/localities?q={quote('Клин')}")["localities"]
    klin = next(one["id"] for one in found if one["name"] == "Клин")
    ask = {"name": "Гимназия №1", "locality": klin, "position": "директор", "contact": "a@b.example"}
    server.command("admin", "school", "approve", str(api(server, head, "POST", "/api/school-requests", ask)["number"]))
    path = f"/api/schools/{api(server, head, 'GET', '/api/desks')['desks'][0]['school']}"
    klass = api(server, head, "POST", f"{path}/class-list", {"name": "5А"})["id"]
    url = api(server, head, "POST", f"{path}/invites", {"class_id": klass})["url"]
    return head, path, server.url + re.sub(r"^https?://[^/]+", "", url)


async def test_a_child_and_a_parent_enter(server: ServerProcess, browser: Browser, desk: tuple[str, str, str]) -> None:
    """R-16, R-23, R-30, R-32, R-56, R-57, R-60…R-66, R-69, R-70: J3 in 4 presses, J4 of a new parent in 4."""
    head, path, invite = desk
    child = await visitor(browser, "child", width=360, theme="light")
    await child.page.goto(invite)
    await child.at("S08")
    await expect(child.page.get_by_text("Гимназия №1")).to_be_visible()
    await child.press(child.button("Далее"))
    await child.at("S02")
    await child.page.get_by_label("Телефон или почта").press_sequentially("89111111111")
    await expect(child.page.get_by_label("Телефон или почта")).to_have_value("+7 (911) 111-11-11")
    await child.press(child.button("Получить код"))
    await give_code(child, server, "9111111111")
    await child.at("S09")
    await fill_person(child.page, "Алексей", "Петров", "5", "5", "2014", "male")
    await child.press(child.button("Продолжить"))
    await child.at("S10")
    await child.press(child.button("Вступить в организацию"))
    await child.at("S14")
    assert child.presses == 4, "J3"

    link = await child.page.get_by_label("Ссылка-приглашение для родителя").input_value()
    link = server.url + re.sub(r"^https?://[^/]+", "", link)
    own = Visitor(await child.page.context.new_page(), "self")
    await own.page.goto(link)
    await own.at("S15")
    await expect(own.page.locator("[data-remedy]")).to_have_count(3)
    await own.page.close()

    mother = await visitor(browser, "mother", width=1280, theme="dark")
    await mother.page.goto(link)
    await expect(mother.page.get_by_role("heading", level=1)).to_have_text("Вас приглашает Алексей П.")
    await mother.at("S15")
    await mother.page.get_by_label("Укажите свой номер телефона").fill("+79222222222")
    await mother.press(mother.button("Получить код"))
    await give_code(mother, server, "9222222222")
    await mother.at("S16")
    await fill_person(mother.page, "Марина", "Петрова", "25", "8", "1986", "female")
    await mother.press(mother.button("Зарегистрироваться"))
    await mother.at("S17")
    await mother.page.get_by_label("День").fill("6")
    await expect(mother.page.get_by_text("изменено")).to_be_visible()
    await mother.press(mother.page.get_by_role("checkbox"))
    await mother.press(mother.button("Подтвердить регистрацию ребёнка"))
    await mother.at("S19")
    assert mother.presses == 4, "J4"
    await expect(mother.page.get_by_text("Учителя ребёнка — в разделе «Контакты»")).to_be_visible()
    await expect(mother.page.get_by_role("link", name="Алексей Петров")).to_be_visible()
    with sqlite3.connect(server.home / "rt.db", timeout=10) as database:
        dates = [row[0] for row in database.execute("SELECT birth_date FROM account WHERE first_name = 'Алексей'")]
    assert dates == ["2014-05-06"], "R-64"

    await child.at("S12")  # by itself
    waiting = api(server, head, "GET", f"{path}/applications")["applications"]
    api(server, head, "POST", f"{path}/applications", {"applications": [waiting[0]["id"]], "approve": True})
    await child.button("Открыть класс").click()
    await expect(child.page).to_have_url(re.compile("/messages/"))
    await expect(child.page.locator("#composer")).to_be_visible()


async def test_a_child_leaves_for_a_parent_in_the_same_browser(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """R-70, R-76: the third remedy logs the child out, leaves nothing of it here, and goes on at once."""
    ident = server.command("admin", "account", "add", "Алексей", "Петров")
    born(server.home, ident, "2014-05-05")
    token = server.command("admin", "account", "token", ident)
    path = re.sub(r"^https?://[^/]+", "", api(server, token, "POST", "/api/family/link")["url"])
    who = await visitor(browser, "logout", width=1280, theme="light")
    await who.page.context.add_cookies([{"name": "rt_session", "value": token, "url": server.url}])
    await who.page.goto(server.url + path)
    await expect(who.page.get_by_role("heading", level=1)).to_have_text("Здесь открыт профиль ребёнка")
    await who.at("S15")
    await who.button("Выйти и продолжить").click()
    await expect(who.page.get_by_role("heading", level=1)).to_have_text("Вас приглашает Алексей П.")
    assert not await who.page.evaluate("localStorage.getItem('rt.me')")
    assert all(cookie["name"] != "rt_session" for cookie in await who.page.context.cookies())


async def test_a_teenager_finds_the_school_and_applies(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """R-46…R-54: the exact place, its schools alone, role and class; the application waits, and can be taken back."""
    ident = server.command("admin", "account", "add", "Пётр", "Иванов")
    born(server.home, ident, "2010-05-05")
    token = server.command("admin", "account", "token", ident)
    who = await visitor(browser, "apply", width=360, theme="dark")
    await who.page.context.add_cookies([{"name": "rt_session", "value": token, "url": server.url}])
    await who.page.goto(server.url + "/apply")
    await who.at("S11")
    await who.button("Вступить в организацию").click()
    place = who.page.get_by_role("combobox", name="Населённый пункт")
    await place.press_sequentially("Клин")
    await who.page.get_by_role("option", name=re.compile("^Клин,")).click()
    await who.page.get_by_role("combobox", name="Организация").click()
    await expect(who.page.get_by_role("option", name="Гимназия №1")).to_be_visible()
    await who.at("S11")
    await who.page.keyboard.press("Enter")
    await expect(who.page.get_by_role("combobox", name="Организация")).to_have_value("Гимназия №1")
    await who.button("Продолжить").click()
    await who.page.get_by_text("5А", exact=True).click()
    await who.at("S11")
    await who.button("Отправить заявку").click()
    await who.at("S12")
    head, path, _ = desk
    waiting = api(server, head, "GET", f"{path}/applications")["applications"]
    assert [(one["name"], one["class_name"], one["via"]) for one in waiting] == [("Иванов Пётр", "5А", "search")]
    await who.button("Отозвать заявку").click()
    await who.at("S11")


async def test_the_landing_and_the_first_steps_of_a_log_in(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """R-38…R-40, R-43: what is wrong stands at its field; the documents open; a wrong code keeps the screen."""
    who = await visitor(browser, "landing", width=1280, theme="light")
    await who.page.goto(server.url + "/")
    await who.at("S01")
    await who.button("Вход для администраторов").click()
    await who.at("S02")
    await who.button("Продолжить").click()
    await expect(who.page.get_by_text("Введите номер телефона или почту")).to_be_visible()
    await who.button("политику конфиденциальности").click()
    await expect(who.page.get_by_role("dialog").locator("p").first).to_be_visible()
    await who.page.keyboard.press("Escape")
    await who.page.get_by_label("Телефон или почта").fill("не номер")
    await who.button("Продолжить").click()
    await expect(who.page.locator("[aria-invalid=true]")).to_have_count(1)
    await who.at("S02")
    await who.page.get_by_label("Телефон или почта").fill("8 933 333 33 33")
    await who.button("Продолжить").click()
    await who.at("S04")
    await who.page.get_by_label("Код подтверждения").press_sequentially("000000")
    await expect(who.page.locator("[aria-invalid=true]")).to_have_count(1)
    await who.at("S04")
    await who.page.goto(server.url + "/school/new")
    await who.at("S13")


async def test_an_invite_opened_by_somebody_logged_in(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """R-24, R-32, S08: who is logged in stands there; another account leaves nothing here; joining is one press."""
    head, path, invite = desk
    ident = server.command("admin", "account", "add", "Пётр", "Иванов")
    born(server.home, ident, "2010-05-05")
    token = server.command("admin", "account", "token", ident)
    cookie = {"name": "rt_session", "value": token, "url": server.url}
    who = await visitor(browser, "joins", width=360, theme="dark")
    await who.page.context.add_cookies([cookie])  # type: ignore[list-item] # Playwright's own dict type
    await who.page.goto(invite)
    await expect(who.page.get_by_text("Вы вошли как Пётр Иванов")).to_be_visible()
    await who.at("S08")
    await who.press(who.button("Вступить в организацию"))
    await who.at("S12")
    assert who.presses == 1
    waiting = api(server, head, "GET", f"{path}/applications")["applications"]
    assert [(one["name"], one["via"]) for one in waiting] == [("Иванов Пётр", "invite")]
    await who.page.goto(invite)
    await who.button("Войти в другой аккаунт").click()
    await expect(who.button("Далее")).to_be_visible()
    await who.at("S08")
    assert all(one["name"] != "rt_session" for one in await who.page.context.cookies())


async def test_a_mistyped_address_gives_a_page(server: ServerProcess, browser: Browser) -> None:
    """E-15: a person at an address where nothing stands reads that in words."""
    who = await visitor(browser, "lost", width=360, theme="light")
    answer = await who.page.goto(server.url + "/mesages")
    assert answer is not None
    assert answer.status == 404
    await expect(who.page.get_by_role("heading", level=1)).to_have_text("Здесь ничего нет")
    await who.at("S00")
    await who.button("На главную").click()
    await who.at("S01")
