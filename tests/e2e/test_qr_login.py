"""Log-in by QR code in Chromium: a computer shows, a phone that is logged in approves, once (S03)."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from tests.e2e.server import ServerProcess
from tests.e2e.test_entering import Visitor, browser, give_code, visitor
from tests.e2e.test_school_entry import born

__all__ = ["browser"]  # fixtures


def someone(server: ServerProcess) -> str:
    """A session of an account without a school."""
    ident = server.command("admin", "account", "add", "Пётр", "Иванов")
    born(server.home, ident, "2000-05-05")
    return server.command("admin", "account", "token", ident)


async def shown(page: Page, url: str, besides: str = "") -> str:
    """The path that the picture on the computer holds, another than ``besides``."""
    picture = page.locator("[data-qr]")
    await expect(picture).to_be_visible()
    if besides:
        await expect(picture).not_to_have_attribute("data-qr", re.compile(re.escape(besides)))
    text = await picture.get_attribute("data-qr")
    assert text
    return url + re.sub(r"^https?://[^/]+", "", text)


async def signed_phone(browser: Browser, server: ServerProcess, token: str) -> Visitor:
    phone = await visitor(browser, "qr-phone", width=360, theme="light")
    await phone.page.context.add_cookies([{"name": "rt_session", "value": token, "url": server.url}])
    return phone


async def test_a_phone_lets_a_computer_in(server: ServerProcess, browser: Browser) -> None:
    """R-41: one press on the phone; the computer enters by itself; the code is dead for a second phone."""
    token = someone(server)
    computer = await visitor(browser, "qr-computer", width=1280, theme="light")
    await computer.page.goto(server.url + "/login")
    await computer.at("S02")
    path = await shown(computer.page, server.url)
    await expect(computer.page.locator("[data-state=waiting]")).to_be_visible()
    phone = await signed_phone(browser, server, token)
    await phone.page.goto(path)
    await expect(phone.page.get_by_role("heading", level=1)).to_have_text("Войти на этом компьютере?")
    await expect(phone.page.locator("dd").first).to_have_text("Chrome, Linux")
    await expect(phone.page.get_by_text("Пётр Иванов")).to_be_visible()
    await phone.at("S03")
    await expect(computer.page.locator("[data-state=seen]")).to_be_visible()
    await computer.at("S02")
    await phone.press(phone.button("Это я, войти"))
    await phone.at("S03")
    assert phone.presses == 1
    await computer.at("S11")  # without a school: the application
    assert any(cookie["name"] == "rt_session" for cookie in await computer.page.context.cookies())
    again = await signed_phone(browser, server, token)
    await again.page.goto(path)
    await expect(again.page.get_by_role("heading", level=1)).to_have_text("Код уже использован")
    await again.at("S03")


async def test_a_phone_refuses_and_the_computer_shows_another_code(server: ServerProcess, browser: Browser) -> None:
    """R-41: «Это не я» kills the code; the computer offers a new one, and the ordinary field stays usable."""
    token = someone(server)
    computer = await visitor(browser, "qr-refused", width=1280, theme="dark")
    await computer.page.goto(server.url + "/login")
    path = await shown(computer.page, server.url)
    phone = await signed_phone(browser, server, token)
    await phone.page.goto(path)
    await phone.button("Это не я").click()
    await expect(phone.page.get_by_role("heading", level=1)).to_have_text("Вход отклонён")
    await expect(computer.page.locator("[data-state=refused]")).to_be_visible()
    await computer.at("S02")
    await computer.button("Показать новый код").click()
    assert await shown(computer.page, server.url, path.rpartition("/")[2]) != path
    await computer.page.get_by_label("Телефон или почта").fill("89333333333")
    await computer.button("Продолжить").click()
    await give_code(computer, server, "9333333333")
    await computer.at("S09")


async def test_a_phone_that_is_not_logged_in_logs_in_first(server: ServerProcess, browser: Browser) -> None:
    """R-41, S03: the link is kept over the log-in, and a phone shows no code of its own."""
    computer = await visitor(browser, "qr-first", width=1280, theme="light")
    await computer.page.goto(server.url + "/login")
    path = await shown(computer.page, server.url)
    phone = await visitor(browser, "qr-stranger", width=360, theme="dark")
    await phone.page.goto(path)
    await phone.at("S02")
    await expect(phone.page.locator("[data-qr]")).to_have_count(0)
    await phone.page.get_by_label("Телефон или почта").fill("89444444444")
    await phone.button("Продолжить").click()
    await give_code(phone, server, "9444444444")
    await phone.at("S09")
    await phone.page.get_by_label("Имя", exact=True).fill("Ольга")
    await phone.page.get_by_label("Фамилия", exact=True).fill("Белова")
    await phone.page.get_by_label("День").fill("5")
    await phone.page.get_by_label("Месяц").select_option("5")
    await phone.page.get_by_label("Год").fill("1990")
    await phone.page.get_by_label("Пол", exact=True).select_option("female")
    await phone.button("Продолжить").click()
    await phone.at("S03")
    await phone.button("Это я, войти").click()
    await computer.at("S11")
