"""Home, profiles and the own settings in Chromium, walked by a student, a parent, a teacher, an administrator and a
stranger on a real server.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browser import WAIT_MS, chromium
from tests.e2e.demo import Demo, demo_school, enter
from tests.e2e.server import ServerProcess
from tests.e2e.test_entering import code_for
from tests.e2e.test_school_entry import api, born

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with demo_school(tmp_path) as school:
        yield school


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def signed(browser: Browser, server: ServerProcess, token: str, path: str, width: int = 1280) -> Page:
    """A browser of its own at an address, logged in by a session's token."""
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        locale="ru-RU",
        timezone_id="Europe/Moscow",
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    await context.add_cookies([{"name": "rt_session", "value": token, "url": server.url, "httpOnly": True}])
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    await page.goto(server.url + path)
    return page


def account(server: ServerProcess, first: str, last: str, date: str, *more: str) -> tuple[str, str]:
    """Id and a session's token."""
    ident = server.command("admin", "account", "add", first, last, *more)
    born(server.home, ident, date)
    return ident, server.command("admin", "account", "token", ident)


def screen(page: Page, name: str) -> Locator:
    return page.locator(f'[data-screen="{name}"]')


async def press(page: Page, name: str, role: str = "button") -> None:
    await page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type] # one of Playwright's roles


def read_json(path: str | Path) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 800), (40, 120, 90)).save(out, "PNG")
    return out.getvalue()


async def test_a_student_s_own_pages(demo: Demo, browser: Browser) -> None:
    """R-57, R-71, R-77…R-81, R-83: Home and class; details and picture; contacts; writing; blocking and unblocking."""
    page = await enter(browser, demo, "Алексей")
    await press(page, "Главная", "link")
    classes = screen(page, "S18").get_by_role("region", name="Мои классы")
    await expect(classes.get_by_role("heading")).to_have_text("Мои классы 1")
    await expect(classes.get_by_role("link", name=re.compile("^7А"))).to_be_visible()
    await expect(page.get_by_role("link", name="Управление")).to_have_count(0)
    await expect(page.get_by_text("Приложения")).to_have_count(0)  # none is set

    await press(page, "Профиль", "link")
    me = screen(page, "S19")
    await expect(me.get_by_text("Ученик · 7А")).to_be_visible()
    await expect(me.get_by_text("В профиле уже есть два родителя")).to_be_visible()
    await expect(page.get_by_role("button", name="Пригласить родителя")).to_have_attribute("aria-disabled", "true")
    await press(page, "Редактировать")
    await expect(page.get_by_role("dialog").get_by_label("Имя", exact=True)).to_have_value("Алексей")
    await page.get_by_label("Отчество").fill("Сергеевич")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(me.get_by_text("Алексей Сергеевич Петров")).to_be_visible()

    await page.locator("input[type=file]").set_input_files(
        {"name": "я.png", "mimeType": "image/png", "buffer": picture()}
    )
    await expect(page.get_by_text("Фотография обновлена")).to_be_visible()
    await expect(me.locator("img")).to_have_js_property("naturalWidth", 512)
    await expect(page.locator("nav img")).to_have_count(1)
    await press(page, "Фотография профиля")
    await page.get_by_role("menuitem", name="Удалить фотографию").click()
    await expect(page.locator("img")).to_have_count(0)

    await press(page, "Контакты", "link")
    await expect(me.get_by_role("region")).not_to_have_count(0)
    await page.get_by_role("searchbox").fill("светл дмитриева")
    await expect(me.get_by_role("listitem")).to_have_count(1)
    await press(page, "Светлана Дмитриева", "link")
    await expect(me.get_by_text("Математика")).to_be_visible()
    await press(page, "Заблокировать")
    dialog = page.get_by_role("alertdialog")
    await expect(dialog.get_by_text("Общих чатов класса это не касается")).to_be_visible()
    await dialog.get_by_role("button", name="Заблокировать").click()
    await expect(me.get_by_text("Вы заблокировали этого человека")).to_be_visible()
    await expect(page.get_by_role("button", name="Написать")).to_have_count(0)

    await press(page, "Профиль", "link")
    await press(page, "Чёрный список", "link")
    await press(page, "Разблокировать Светлана Дмитриева")
    await expect(me.get_by_text("Здесь будут те, кого вы заблокировали")).to_be_visible()
    await page.go_back()
    await page.go_back()
    await press(page, "Написать")
    await expect(page).to_have_url(re.compile("/messages/"))
    await expect(page.locator("#composer")).to_be_visible()


async def test_a_parent_sees_and_keeps_the_children(demo: Demo, browser: Browser) -> None:
    """R-64, R-66, R-67, R-73, D16: the child with class and school; its teachers; consent withdrawn and given again."""
    page = await enter(browser, demo, "Родитель")
    await press(page, "Главная", "link")
    children = screen(page, "S18").get_by_role("region", name="Дети")
    await expect(children.get_by_text("7А, Гимназия №1")).to_be_visible()
    await children.get_by_role("link", name=re.compile("Алексей Петров")).click()
    await expect(page.get_by_role("button", name="Написать")).to_be_visible()

    await press(page, "Профиль", "link")
    me = screen(page, "S19")
    await press(page, "Действия: Алексей Петров")
    await page.get_by_role("menuitem", name="Исправить данные").click()
    await page.get_by_label("Отчество").fill("Иванович")
    if not await page.get_by_label("Год").input_value():
        await page.get_by_label("День").fill("5")
        await page.get_by_label("Месяц").select_option("5")
        await page.get_by_label("Год").fill("2013")
    await press(page, "Сохранить")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await press(page, "Действия: Алексей Петров")
    await page.get_by_role("menuitem", name="Отозвать согласие").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Отозвать согласие").click()
    await expect(me.get_by_text("Вход приостановлен")).to_be_visible()
    await press(page, "Действия: Алексей Петров")
    await page.get_by_role("menuitem", name="Дать согласие").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Дать согласие").click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await dialog.get_by_role("checkbox").check()
    await dialog.get_by_role("button", name="Дать согласие").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(me.get_by_text("Вход приостановлен")).to_have_count(0)

    await press(page, "Контакты", "link")
    teachers = me.get_by_role("region", name=re.compile("Учителя ребёнка"))
    await teachers.get_by_role("button", name="Написать: Светлана Дмитриева").click()
    await expect(page.locator("#composer")).to_be_visible()


async def test_a_teacher_reaches_classes_and_people(demo: Demo, browser: Browser) -> None:
    """R-83, E-14: the classes taught, by keys and menu; a student's parents in the student's profile."""
    page = await enter(browser, demo, "Учитель")
    await press(page, "Главная", "link")
    classes = screen(page, "S18").get_by_role("region", name="Мои классы")
    await expect(classes.get_by_role("heading")).to_have_text("Мои классы 2")
    await expect(classes.get_by_text("Математика")).to_have_count(2)
    first, second = classes.get_by_role("link").first, classes.get_by_role("link").nth(1)
    await first.focus()
    await page.keyboard.press("ArrowRight")
    await expect(second).to_be_focused()
    await press(page, "Действия: 7А")
    await page.get_by_role("menuitem", name="Участники").click()
    await expect(page.locator("aside")).to_be_visible()
    await page.get_by_role("button", name="Действия: Алексей Петров").click()
    await page.get_by_role("menuitem", name="Открыть профиль").click()
    await expect(screen(page, "S19").get_by_role("link", name="Марина Петрова")).to_be_visible()
    await expect(page.get_by_role("button", name="Написать")).to_be_visible()
    await press(page, "Профиль", "link")
    await expect(screen(page, "S19").get_by_text("Математика · 7А, 7Б")).to_be_visible()


async def test_an_administrator_s_home_and_phone(server: ServerProcess, browser: Browser) -> None:
    """R-83: all classes with their number, six of them first; what waits. On a phone the desk is in the profile."""
    _, head = account(server, "Анна", "Белова", "1980-01-01", "--school", "Гимназия №1", "--role", "admin")
    path = f"/api/schools/{api(server, head, 'GET', '/api/desks')['desks'][0]['school']}"
    ids = [api(server, head, "POST", f"{path}/class-list", {"name": f"{grade}А"})["id"] for grade in range(1, 10)]
    invite = api(server, head, "POST", f"{path}/invites", {"class_id": ids[6]})["url"].rpartition("/")[2]
    for name in ("Пётр", "Роман"):
        _, token = account(server, name, "Новый", "2009-05-01")
        api(server, token, "POST", "/api/applications", {"invite": invite})
    page = await signed(browser, server, head, "/home", 360)
    classes = screen(page, "S18").get_by_role("region", name="Мои классы")
    await expect(classes.get_by_role("heading")).to_have_text("Мои классы 9")
    await expect(classes.get_by_role("listitem")).to_have_count(6)
    await press(page, "Показать все")
    await expect(classes.get_by_role("listitem")).to_have_count(9)
    await press(page, "2 заявки ждут решения", "link")
    await expect(screen(page, "S29")).to_be_visible()
    await expect(page.get_by_role("navigation", name="Разделы").get_by_role("link")).to_have_count(4)
    await press(page, "Профиль", "link")
    await page.get_by_role("link", name=re.compile("^Управление")).click()
    await expect(screen(page, "S29")).to_be_visible()


async def test_a_stranger_sees_nobody(server: ServerProcess, browser: Browser) -> None:
    """R-35, R-75, R-82, E-14: without a school there are the ways into one, nobody to find, and no hint who exists."""
    ident, _ = account(server, "Маша", "Ким", "2012-05-05", "--school", "Школа", "--role", "student", "--class", "7А")
    _, token = account(server, "Олег", "Чужой", "2009-01-01")
    page = await signed(browser, server, token, "/home")
    await expect(screen(page, "S18").get_by_text("Вы пока не в школе")).to_be_visible()
    for someone in (ident, "999999", "nobody"):
        await page.goto(f"{server.url}/u/{someone}")
        await expect(screen(page, "S19").get_by_text("Профиль недоступен")).to_be_visible()
        await expect(page.get_by_text("Маша")).to_have_count(0)
    await press(page, "Профиль", "link")
    await press(page, "Пригласить родителя")
    link = page.get_by_label("Ссылка-приглашение для родителя")
    await expect(link).to_have_value(re.compile("/p/"))
    before = await link.input_value()
    assert await page.evaluate("navigator.clipboard.readText()") == before
    await press(page, "Новая ссылка")
    await expect(link).not_to_have_value(before)
    await press(page, "Контакты", "link")
    await expect(screen(page, "S19").get_by_text("Контактов пока нет")).to_be_visible()
    await press(page, "Основная информация", "link")
    await press(page, "Добавить организацию", "link")
    await expect(screen(page, "S11")).to_be_visible()


async def test_home_and_the_first_page_lead_to_the_applications(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-85, D13: only the stores that are set, on both pages, and the browser's own offer once it makes one."""
    for key in ("APP_STORE", "APP_GALLERY", "MACOS"):
        monkeypatch.setenv(f"RT_APPS__{key}", f"https://{key.lower()}.example/app")
    with demo_school(tmp_path) as demo:
        page = await enter(browser, demo, "Алексей")
        await press(page, "Главная", "link")
        for name in ("Загрузите в App Store", "Откройте в AppGallery", "Скачать для macOS"):
            await expect(page.get_by_role("link", name=name)).to_have_attribute("href", re.compile("^https://"))
        await expect(page.get_by_text("Требуется macOS 10.9 или выше")).to_be_visible()
        await expect(page.get_by_text("Google Play")).to_have_count(0)
        await page.evaluate(
            """dispatchEvent(Object.assign(new Event('beforeinstallprompt'), {
              prompt: async () => { document.title = 'asked' },
            }))"""
        )
        await press(page, "Установить на это устройство")
        await expect(page).to_have_title("asked")
        await expect(page.get_by_role("button", name="Установить на это устройство")).to_have_count(0)
        stranger = await (await browser.new_context(locale="ru-RU")).new_page()
        await stranger.goto(demo.server.url + "/")
        await expect(stranger.get_by_role("link", name="Загрузите в App Store")).to_be_visible()


async def test_security_and_own_data(server: ServerProcess, browser: Browser) -> None:
    """D2, D5, E-13: password, a second contact by its code, devices ended one by one and all at once, own data as a
    file, and the end of the account.
    """
    ident, token = account(server, "Олег", "Попов", "1990-01-01")
    others = [server.command("admin", "account", "token", ident) for _ in range(3)]
    page = await signed(browser, server, token, "/settings/security")
    me = screen(page, "S21")
    await press(page, "Придумать пароль")
    await page.get_by_label("Новый пароль").fill("мало")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Пароль короче 8 знаков")).to_be_visible()
    await page.get_by_label("Новый пароль").fill("лодка-и-три-весла")
    await press(page, "Сохранить")
    await expect(me.get_by_text("Изменён: сегодня")).to_be_visible()
    await expect(me.get_by_role("button", name=re.compile("^Выйти"))).to_have_count(0)  # a new password ends the others

    others = [server.command("admin", "account", "token", ident) for _ in range(3)]
    away = await signed(browser, server, others[0], "/settings/security")
    await expect(screen(away, "S21").get_by_text("Это устройство")).to_be_visible()
    await page.reload()
    ends = me.get_by_role("listitem").get_by_role("button", name=re.compile("^Выйти"))
    await expect(ends).to_have_count(3)
    await ends.last.click()
    await expect(ends).to_have_count(2)
    await press(page, "Выйти на других устройствах")
    await page.get_by_role("alertdialog").get_by_role("button", name="Выйти").click()
    await expect(ends).to_have_count(0)
    await expect(away).to_have_url(re.compile("/login"))

    await press(page, "Сменить пароль")
    await page.get_by_label("Нынешний пароль").fill("не тот пароль")
    await page.get_by_label("Новый пароль").fill("река-и-два-берега")
    await press(page, "Сохранить")
    await expect(page.get_by_text("Неверный пароль")).to_be_visible()
    await page.get_by_label("Нынешний пароль").fill("лодка-и-три-весла")
    await press(page, "Сохранить")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await press(page, "Добавить")
    await page.get_by_label("Телефон или почта").fill("oleg@example.ru")
    await press(page, "Получить код")
    await page.get_by_label("Код подтверждения").fill("0")
    await press(page, "Подтвердить")
    await expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    await page.get_by_label("Код подтверждения").fill(code_for(server, "oleg@example.ru"))
    await press(page, "Подтвердить")
    await expect(me.get_by_text("oleg@example.ru")).to_be_visible()

    await press(page, "Мои данные", "link")
    async with page.expect_download() as saved:
        await press(page, "Скачать мои данные")
    data = read_json(await (await saved.value).path())
    assert (data["last_name"], [one["address"] for one in data["contacts"]]) == ("Попов", ["oleg@example.ru"])

    await press(page, "Удалить аккаунт")
    await page.get_by_label("Фамилия").fill("Иванов")
    await page.get_by_label("Пароль", exact=True).fill("река-и-два-берега")
    await press(page, "Удалить навсегда")
    await expect(page.get_by_text("Впишите свою фамилию")).to_be_visible()
    await page.get_by_label("Фамилия").fill("Попов")
    await press(page, "Удалить навсегда")
    await expect(screen(page, "S01")).to_be_visible()
    await expect(page.get_by_text("Аккаунт удалён")).to_be_visible()
    assert not await page.evaluate("localStorage.getItem('rt.me')")
