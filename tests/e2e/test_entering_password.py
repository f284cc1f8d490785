"""Passwords through the web client in Chromium: known and unknown devices, forgotten, «it is not me» (S05…S07)."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.server import ServerProcess
from tests.e2e.test_entering import Visitor, browser, fill_person, give_code, visitor
from tests.e2e.test_school_entry import api

__all__ = ["browser"]  # fixtures
PHONE, PASSWORD, OTHER = "89111111111", "синий кит на крыше", "семь зелёных лодок"


async def log_in(who: Visitor, server: ServerProcess, phone: str = PHONE) -> None:
    """From S02 to whatever comes after the contact."""
    await who.page.goto(server.url + "/login")
    await who.at("S02")
    await who.page.get_by_label("Телефон или почта").fill(phone)
    await who.button("Продолжить").click()


@pytest.fixture
async def owner(server: ServerProcess, browser: Browser) -> Visitor:
    """Somebody who has registered by phone, set a password (every device is forgotten by that) and logged in again."""
    who = await visitor(browser, "owner", width=1280, theme="light")
    await log_in(who, server)
    await give_code(who, server, "9111111111")
    await who.at("S09")
    await fill_person(who.page, "Алексей", "Петров", "5", "5", "2000", "male")
    await who.button("Продолжить").click()
    await who.at("S11")
    cookies = {one["name"]: one["value"] for one in await who.page.context.cookies()}
    token = cookies["rt_session"]
    assert api(server, token, "POST", "/api/auth/password", {"new": PASSWORD})["ok"]
    assert (await who.page.request.post(server.url + "/api/logout")).ok
    await log_in(who, server)
    await give_code(who, server, "9111111111")
    await who.page.get_by_label("Введите пароль").fill(PASSWORD)
    await who.button("Продолжить").click()
    await who.at("S11")
    assert (await who.page.request.post(server.url + "/api/logout")).ok
    return who


async def test_a_known_device_asks_the_password_alone(server: ServerProcess, owner: Visitor) -> None:
    """R-25…R-27, D5: first name, initial and masked number; a wrong password stays in the field, marked."""
    await log_in(owner, server)
    await owner.at("S05")
    await expect(owner.page.get_by_text("Алексей П.", exact=True)).to_be_visible()
    await expect(owner.page.get_by_text(re.compile(r"^\+7 911 \.\.\. 11$"))).to_be_visible()
    field = owner.page.get_by_label("Введите пароль")
    await field.fill("не тот пароль")
    await owner.button("Продолжить").click()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await owner.at("S05")
    await owner.button("Показать пароль").click()
    await expect(field).to_have_attribute("type", "text")
    await field.fill(PASSWORD)
    await owner.button("Продолжить").click()
    await owner.at("S11")


async def test_an_unknown_device_gives_the_code_first(server: ServerProcess, browser: Browser, owner: Visitor) -> None:
    """R-25, D5: nothing about the account is told before the code."""
    stranger = await visitor(browser, "unknown", width=360, theme="dark")
    await log_in(stranger, server)
    await stranger.at("S04")
    await expect(stranger.page.get_by_text("Алексей")).to_have_count(0)
    await give_code(stranger, server, "9111111111")
    await stranger.at("S05")
    await expect(stranger.page.get_by_text("Алексей П.", exact=True)).to_be_visible()


async def test_a_forgotten_password_is_set_anew(server: ServerProcess, browser: Browser, owner: Visitor) -> None:
    """R-28, S07: a code, a new password whose strength is said in words, other devices logged out."""
    other = await visitor(browser, "second", width=1280, theme="light")
    await log_in(other, server)
    await give_code(other, server, "9111111111")
    await other.page.get_by_label("Введите пароль").fill(PASSWORD)
    await other.button("Продолжить").click()
    await other.at("S11")
    await log_in(owner, server)
    await owner.at("S05")
    await owner.button("Забыли пароль?").click()
    await give_code(owner, server, "9111111111")
    await owner.at("S07")
    field = owner.page.get_by_label("Новый пароль")
    await field.fill("123")
    await expect(owner.page.get_by_text("Пока слишком короткий")).to_be_visible()
    await owner.button("Сохранить и войти").click()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await owner.at("S07")
    await field.fill(OTHER)
    await expect(owner.page.get_by_text("Надёжный пароль")).to_be_visible()
    await owner.button("Сохранить и войти").click()
    await owner.at("S11")
    await other.page.goto(server.url + "/hold")
    await other.at("S02")


async def test_it_is_not_me(server: ServerProcess, owner: Visitor) -> None:
    """R-29, D4, S06: own number at once; or the number used to be someone else's: a request, nothing is detached."""
    await log_in(owner, server)
    await owner.at("S05")
    await owner.button("Это не я").click()
    await owner.at("S06")
    await owner.button("Продолжить").click()
    await owner.at("S02")
    await log_in(owner, server)
    await owner.button("Это не я").click()
    await owner.page.get_by_text("Номер раньше был у кого-то другого").click()
    await owner.button("Продолжить").click()
    await give_code(owner, server, "9111111111")
    await expect(owner.page.get_by_role("heading", level=1)).to_have_text("Мы спросили прежнего владельца номера")
    await owner.at("S06")
    await log_in(owner, server)
    await owner.at("S05")  # the account still holds its number
