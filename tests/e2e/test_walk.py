"""The whole way in Chromium from an empty database: a school is registered, a class enters, its parents confirm."""

from __future__ import annotations

import re
import sqlite3

from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.server import ServerProcess
from tests.e2e.test_entering import SHOTS, Visitor, browser, desk, fill_person, give_code, visitor
from tests.e2e.test_school_entry import api, born

__all__ = ["browser", "desk"]  # fixtures
CONTACT = "Телефон или почта"
PUPILS = 30


def here(server: ServerProcess, url: str) -> str:
    """The same link at the port of this test."""
    return server.url + re.sub(r"^https?://[^/]+", "", url)


async def register(
    who: Visitor, server: ServerProcess, phone: str, person: tuple[str, str, str, str, str, str]
) -> None:
    """From the field of the contact through the code and the profile's form."""
    await who.page.get_by_label(re.compile(f"{CONTACT}|Укажите свой номер")).fill(phone)
    await who.page.locator("form button[type=submit]").click()
    await give_code(who, server, phone[1:])
    await expect(who.page.locator("[data-screen=S09], [data-screen=S16]")).to_be_visible()
    await fill_person(who.page, *person)
    await who.page.locator("form button[type=submit]").click()


async def parent_enters(who: Visitor, server: ServerProcess, link: str, phone: str, first: str, last: str) -> None:
    """A new parent by the child's link, up to the child's data (S15, S04, S16, S17)."""
    await who.page.goto(link)
    await who.at("S15")
    await register(who, server, phone, (first, last, "25", "8", "1986", "female" if last.endswith("а") else "male"))
    await who.at("S17")


async def confirm(who: Visitor) -> None:
    await who.page.get_by_role("checkbox").check()
    await who.button("Подтвердить регистрацию ребёнка").click()
    await expect(who.page.get_by_text("Регистрация подтверждена").first).to_be_visible()
    await who.at("S19")


async def picture(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/walk-{name}.png")


def section(page: Page, name: str) -> Locator:
    return page.locator("[data-screen=S29]").get_by_role("radio", name=re.compile(f"^{name}"))


async def test_from_an_empty_database_to_the_class_chat(server: ServerProcess, browser: Browser) -> None:
    """R-2, R-15, R-32…R-35, R-52, R-56…R-71, S29: every person in an own browser, nothing prepared behind them."""
    head = await visitor(browser, "walk-head", width=1280, theme="light")
    await head.page.goto(server.url + "/")
    await head.button("Зарегистрировать школу").click()
    await head.button("Войти").click()
    await head.at("S02")
    await register(head, server, "89000000001", ("Анна", "Белова", "1", "1", "1980", "female"))
    await head.at("S13")  # the page that needed the log-in is kept
    for label, words in (
        ("Название организации", "Гимназия №1"),
        ("Населённый пункт", "Клин"),
        ("Ваша должность", "директор"),
        ("Телефон или почта для связи", "director@school.example"),
    ):
        await head.page.get_by_label(label).fill(words)
    await head.button("Отправить заявку на регистрацию школы").click()
    await expect(head.page.get_by_role("heading", level=1)).to_contain_text("отправлена")

    operator = await browser.new_page()
    await operator.goto(f"http://127.0.0.1:{server.operator_port}/")
    await operator.get_by_role("button", name=re.compile("Одобрить|Approve")).click()
    await expect(operator.locator("li[data-number]")).to_have_count(0)
    await operator.close()

    desk = head.page
    await desk.goto(server.url + "/admin/classes")
    await desk.get_by_role("button", name="Новый класс").click()
    await desk.get_by_label("Название, например 7А").fill("7 а")
    await desk.keyboard.press("Enter")
    row = desk.locator(".desk-rows > li").filter(has_text="7А")
    await expect(row).to_be_visible()
    await row.get_by_role("button", name="Действия: 7А").click()
    await desk.get_by_role("menuitem", name="Назначить руководителя").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Белова Анна").click()
    await expect(row).to_contain_text("Анна")
    await picture(desk, "classes")
    await row.get_by_role("button", name="Действия: 7А").click()
    await desk.get_by_role("menuitem", name="Пригласить в класс").click()
    await desk.get_by_label("Сколько раз сработает").fill("5")
    await desk.get_by_role("button", name="Создать ссылку").click()
    await expect(desk.locator("[data-invite]")).to_contain_text("использована 0 из 5")
    await picture(desk, "invites")
    invite = here(server, str(await desk.locator("[data-invite] .url").text_content()).strip())

    child = await visitor(browser, "walk-child", width=360, theme="light")
    await child.page.goto(invite)
    await child.at("S08")
    await child.button("Далее").click()
    await child.at("S02")
    await register(child, server, "89000000002", ("Алексей", "Петров", "5", "5", "2014", "male"))
    await child.at("S10")
    await child.button("Вступить в организацию").click()
    await child.at("S14")
    link = here(server, await child.page.get_by_label("Ссылка-приглашение для родителя").input_value())
    assert here(server, str(await child.page.locator("[data-qr]").get_attribute("data-qr"))) == link
    own = await child.page.context.new_page()
    await own.goto(link)
    await expect(own.locator("[data-remedy]")).to_have_count(3)
    await picture(own, "self-parent")
    await own.close()

    incognito = await visitor(browser, "walk-incognito", width=360, theme="dark")
    await incognito.page.goto(link)  # the second remedy: nothing of the child is in that window
    await expect(incognito.page.get_by_role("heading", level=1)).to_have_text("Вас приглашает Алексей П.")
    await incognito.page.context.close()

    mother = await visitor(browser, "walk-mother", width=360, theme="light")
    await parent_enters(mother, server, link, "89000000003", "Марина", "Петрова")
    await mother.page.get_by_label("День").fill("6")
    await expect(mother.page.get_by_text("изменено")).to_be_visible()
    await confirm(mother)
    await child.at("S12")  # by itself: confirmed, and still nothing of the class before approval
    await expect(child.page.get_by_text("Белова")).to_have_count(0)

    await section(desk, "Заявки").click()
    waiting = desk.locator("[data-row]").filter(has_text="Петров Алексей")
    await expect(waiting).to_contain_text("06.05.2014")
    await picture(desk, "applications")
    await waiting.focus()
    await desk.keyboard.press("a")
    await expect(desk.locator("[data-row]")).to_have_count(0)
    await child.button("Открыть класс").click(timeout=30_000)  # after the five seconds of undo
    await expect(child.page.locator("#composer")).to_be_visible()
    await child.page.locator("#composer").fill("Здравствуйте!")
    await child.page.locator("#composer + button").click()
    await expect(child.page.locator('[role="listitem"]').filter(has_text="Здравствуйте!")).to_be_visible()
    await picture(child.page, "class-chat")

    await mother.page.goto(server.url + "/messages")
    await mother.page.get_by_role("button", name="Новый чат").click()
    await expect(mother.page.get_by_role("dialog").locator(".person")).to_have_count(2)  # her child, the class teacher
    await mother.page.get_by_role("dialog").get_by_text("Белова").click()
    await mother.page.locator("#composer").fill("Добрый день, это мама Алексея")
    await mother.page.locator("#composer + button").click()
    await expect(mother.page.locator('[role="listitem"]').filter(has_text="мама Алексея")).to_be_visible()
    await picture(mother.page, "parent-writes")

    father = await visitor(browser, "walk-father", width=1280, theme="dark")
    await parent_enters(father, server, link, "89000000004", "Игорь", "Петров")
    await confirm(father)
    third = await visitor(browser, "walk-third", width=360, theme="dark")
    await third.page.goto(link)
    await expect(third.page.get_by_role("heading", level=1)).to_have_text("В профиле ребёнка уже есть два родителя")
    await third.at("S15")

    await section(desk, "Участники").click()
    await desk.locator(".person").filter(has_text="Петров Алексей").click()
    await expect(desk.get_by_role("dialog")).to_contain_text("Игорь Петров")
    await picture(desk, "member")
    await desk.keyboard.press("Escape")
    await section(desk, "Журнал").click()
    await expect(desk.locator("[data-screen=S29] li").filter(has_text="одобрил(а) заявку")).to_contain_text("Алексей")
    await picture(desk, "journal")


async def test_e_mail_is_for_the_primary_school(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """R-6, R-7, D2: a child of grade 3 registers by e-mail; one of grade 5 is told why not, at the field."""
    head, path, fifth = desk
    klass = api(server, head, "POST", f"{path}/class-list", {"name": "3А"})["id"]
    third = here(server, api(server, head, "POST", f"{path}/invites", {"class_id": klass})["url"])
    small = await visitor(browser, "grade-3", width=360, theme="light")
    await small.page.goto(third)
    await small.button("Далее").click()
    await expect(small.page.get_by_text("Ученик 1–4 классов может указать свою почту")).to_be_visible()
    await small.at("S02")
    await register(small, server, "9masha@school.example", ("Маша", "Иванова", "5", "5", "2017", "female"))
    await small.at("S10")
    big = await visitor(browser, "grade-5", width=360, theme="light")
    await big.page.goto(fifth)
    await big.button("Далее").click()
    await big.page.get_by_label(CONTACT).fill("kolya@school.example")
    await big.button("Получить код").click()
    await give_code(big, server, "kolya@school.example")  # before it nothing is told, known address or not (D5)
    await expect(big.page.get_by_label(CONTACT)).to_have_attribute("aria-invalid", "true")
    await big.at("S02")


async def test_an_old_link_says_whom_to_ask(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """R-36, R-37, E-15: expired and revoked links each explain themselves; a new one works at once."""
    head, _, invite = desk
    with sqlite3.connect(server.home / "rt.db", timeout=10) as database:
        database.execute("UPDATE invite SET expires_ms = 1")
    who = await visitor(browser, "expired", width=360, theme="light")
    await who.page.goto(invite)
    await expect(who.page.get_by_role("heading", level=1)).to_have_text("Срок действия ссылки истёк")
    await expect(who.page.get_by_text("Обратитесь к классному руководителю")).to_be_visible()
    await who.at("S08")
    admin = await visitor(browser, "renews", width=1280, theme="light")
    await admin.page.context.add_cookies([{"name": "rt_session", "value": head, "url": server.url}])
    await admin.page.goto(server.url + "/admin/invites")
    await admin.button("Выпустить новую").click()
    url = admin.page.locator("[data-invite] .url")
    await expect(url).to_have_count(1)
    fresh = here(server, str(await url.text_content()).strip())
    await who.page.goto(fresh)
    await expect(who.button("Далее")).to_be_visible()
    await admin.button("Отозвать").click()
    await expect(url).to_have_count(0)
    await who.page.goto(fresh)
    await expect(who.page.get_by_role("heading", level=1)).to_have_text("Ссылка не работает")
    await who.at("S08")


async def test_a_list_of_thirty_in_windows_1251(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """E-16, S29: checked first, then imported, again unchanged; the sheet has a styled card for each pupil."""
    head, _, _ = desk
    lines = ["Фамилия;Имя;Отчество;Дата рождения;Класс"]
    lines += [f"Ученик{'абвгдежзиклмнопрстуфхцчшщэюяый'[n]};Имя;;{n % 28 + 1:02}.03.2013;7А" for n in range(PUPILS)]
    sheet = {"name": "7А.csv", "mimeType": "text/csv", "buffer": "\r\n".join(lines).encode("cp1251")}
    admin = await visitor(browser, "imports", width=1280, theme="light")
    page = admin.page
    await page.context.add_cookies([{"name": "rt_session", "value": head, "url": server.url}])
    for outcome in (f"добавится {PUPILS}", f"без изменений {PUPILS}"):
        await page.goto(server.url + "/admin/members")
        await page.get_by_role("button", name="Загрузить список").click()
        await page.locator("input[type=file]").set_input_files(sheet)  # type: ignore[arg-type] # a FilePayload
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("status")).to_contain_text(outcome)
        await expect(dialog).to_contain_text("Windows-1251")
        await picture(page, "import")
        if outcome.startswith("добавится"):
            await dialog.get_by_role("button", name="Загрузить", exact=True).click()
            await expect(dialog.get_by_role("status")).to_contain_text(f"добавлено {PUPILS}")
            async with page.context.expect_page() as opened:
                await dialog.get_by_role("button", name="Лист с приглашениями").click()
            printed = await opened.value
            # the invite of 5А stands on the sheet too
            await expect(printed.locator(".card svg")).to_have_count(PUPILS + 1)
            assert await printed.locator(".cards").evaluate("(one) => getComputedStyle(one).display") == "grid"
            await picture(printed, "sheet")
            await printed.close()
        else:
            await expect(dialog.get_by_role("button", name="Загрузить", exact=True)).to_have_count(0)


async def test_the_desk_opens_at_its_address_and_follows_the_roles(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """S29, D10: opened directly it waits for the answer; without a right it says so; a role given opens it at once."""
    head, path, _ = desk
    ident = server.command("admin", "account", "add", "Ольга", "Ким", "--school", "Гимназия №1", "--role", "staff")
    born(server.home, ident, "1990-01-01")
    who = await visitor(browser, "desk-roles", width=1280, theme="light")
    token = server.command("admin", "account", "token", ident)
    await who.page.context.add_cookies([{"name": "rt_session", "value": token, "url": server.url}])
    held: list[str] = []

    async def slow(route):  # type: ignore[no-untyped-def] # Playwright's Route
        held.append(route.request.url)
        await expect(who.page.locator("[data-screen=S29]")).to_be_visible()  # the desk itself, not «nothing here»
        await route.continue_()

    await who.page.route("**/api/desks", slow)
    await who.page.goto(server.url + "/admin")
    await expect(who.page.get_by_text("Сюда нет доступа")).to_be_visible()
    assert held
    await who.page.unroute("**/api/desks")
    await expect(who.page.get_by_role("link", name="Управление")).to_have_count(0)
    await who.at("S29")
    granted = api(server, head, "POST", f"{path}/members/{ident}/roles", {"role": "admin"})
    await expect(section(who.page, "Журнал")).to_be_visible()
    await expect(who.page.get_by_role("link", name="Управление")).to_be_visible()
    api(server, head, "POST", f"{path}/roles/{granted['id']}/revoke")
    await expect(who.page.get_by_text("Сюда нет доступа")).to_be_visible()


async def test_many_applications_are_decided_at_once(
    server: ServerProcess, browser: Browser, desk: tuple[str, str, str]
) -> None:
    """R-33, R-34, R-55, S29: a range by Shift, another class before approval, one refusal for several."""
    head, path, invite = desk
    other = api(server, head, "POST", f"{path}/class-list", {"name": "5Б"})["id"]
    tokens = []
    for name in ("Антон", "Борис", "Вадим", "Глеб"):
        ident = server.command("admin", "account", "add", name, name)
        born(server.home, ident, "2009-05-05")
        tokens.append(server.command("admin", "account", "token", ident))
        api(server, tokens[-1], "POST", "/api/applications", {"invite": invite.rpartition("/")[2]})
    admin = await visitor(browser, "bulk", width=1280, theme="light")
    page = admin.page
    await page.context.add_cookies([{"name": "rt_session", "value": head, "url": server.url}])
    await page.goto(server.url + "/admin")
    rows = page.locator("[data-row]")
    await expect(rows).to_have_count(4)
    await expect(section(page, "Заявки")).to_contain_text("4")
    await rows.nth(0).get_by_label("Класс: Антон Антон").select_option(other)
    await expect(page.get_by_text("Класс в заявке изменён")).to_be_visible()
    await rows.nth(0).get_by_role("checkbox").click()
    await rows.nth(1).get_by_role("checkbox").click(modifiers=["Shift"])
    await page.get_by_role("button", name="Одобрить выбранные (2)").click()
    await expect(rows).to_have_count(2)
    await rows.nth(0).focus()
    await page.keyboard.press("x")
    await page.keyboard.press("Shift+J")
    await page.get_by_role("button", name="Отказать выбранным (2)").click()
    await page.get_by_role("dialog").get_by_text("Такая заявка уже есть").click()
    await page.get_by_role("dialog").get_by_role("button", name="Отказать").click()
    await expect(page.get_by_text("Новых заявок нет")).to_be_visible()
    await page.get_by_role("radio", name="Рассмотренные").click()
    await expect(rows).to_have_count(4, timeout=30_000)  # after the five seconds of undo
    await picture(page, "decided")
    became = [api(server, token, "GET", "/api/applications")["applications"][0] for token in tokens]
    assert [(one["status"], one["class_name"], one["reason"]) for one in became] == [
        ("approved", "5Б", ""),
        ("approved", "5А", ""),
        ("refused", "5А", "Такая заявка уже есть"),
        ("refused", "5А", "Такая заявка уже есть"),
    ]
