"""Pictures of the management desk, each also a run of axe (E-12): a sibling of ``test_shots``."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.demo import Demo, enter
from tests.e2e.looks import LOOKS
from tests.e2e.test_school_entry import api, born
from tests.e2e.test_shots import Camera, browser, demo

__all__ = ["browser", "demo"]  # fixtures
SIZES = {1280: 800, 360: 740}
NEWCOMERS = (
    ("Пётр", "Воскресенский", "2013-04-02"),
    ("Роман", "Титов", "2013-11-23"),
    ("Анастасия", "Преображенская-Константинопольская", "2013-07-07"),
    ("Наталья", "Титова", "1984-02-11"),
)
LIST = "Фамилия;Имя;Отчество;Дата рождения;Класс\n" + "\n".join(
    (
        "Титов;Роман;Ильич;23.11.2013;7А",
        "Юсупова;Лейла;;05.02.2013;7Б",
        "Ким;Виктория;Олеговна;31.02.2013;7Б",
        "Ларин;;Олегович;12.03.2013;7Б",
    )
)


async def ask(page: Page, path: str, body: dict[str, Any] | None = None) -> Any:
    """The API as the person of the page."""
    url = re.sub(r"^(https?://[^/]+).*", r"\1", page.url) + path
    answer = await (page.request.get(url) if body is None else page.request.post(url, data=body))
    assert answer.ok, await answer.text()
    return await answer.json()


async def prepare(demo: Demo, browser: Browser) -> None:
    """Once for all pictures: applications of four people, invites in every state."""
    page = await enter(browser, demo, "Администратор")
    path = f"/api/schools/{(await ask(page, '/api/desks'))['desks'][0]['school']}"
    if (await ask(page, f"{path}/applications"))["applications"]:
        return await page.context.close()
    klass = (await ask(page, f"{path}/class-list"))["classes"][0]["id"]
    links = [
        await ask(page, f"{path}/invites", more)
        for more in (
            {"role": "teacher"},
            {"class_id": klass},
            {"class_id": klass, "uses": 30},
            {"class_id": klass, "days": 30},
        )
    ]
    await ask(page, f"{path}/invites/{links[0]['id']}/revoke", {})
    for first, last, date in NEWCOMERS:
        account = demo.server.command("admin", "account", "add", first, last)
        born(demo.server.home, account, date)
        token = demo.server.command("admin", "account", "token", account)
        api(demo.server, token, "POST", "/api/applications", {"invite": links[2]["url"].rpartition("/")[2]})
    await page.context.close()


@pytest.mark.parametrize(("width", "theme", "lang"), LOOKS)
async def test_the_desk_in_pictures_and_by_axe(demo: Demo, browser: Browser, width: int, theme: str, lang: str) -> None:
    """E-12, E-13: every section and dialog of S29, in both themes and languages, on a phone and a desktop."""
    await prepare(demo, browser)
    page = await enter(browser, demo, "Администратор", lang=lang, theme=theme, width=width, height=SIZES[width])
    camera = Camera(page, f"{theme}-{lang}-{width}")
    home = demo.server.url + "/admin"

    def by(ru: str, en: str) -> re.Pattern[str]:
        return re.compile(f"^{ru if lang == 'ru' else en}")

    async def close() -> None:
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.goto(home)
    await expect(page.locator("[data-row]").first).to_be_visible()
    for box in (await page.get_by_role("checkbox").all())[1:3]:
        await box.check()
    await camera.shoot("29-applications")
    await page.get_by_role("button", name=by("Отказать$", "Refuse$")).first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await camera.shoot("29-refuse")
    await close()
    await page.goto(home + "/classes")
    await page.get_by_role("button", name=by("Действия", "Actions")).first.click()
    await expect(page.get_by_role("menu")).to_be_visible()
    await camera.shoot("29-classes")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name=by("Новый учебный год", "New school year")).click()
    await expect(page.get_by_role("dialog").locator("li").first).to_be_visible()
    await camera.shoot("29-new-year")
    await close()
    await page.goto(home + "/members")
    await expect(page.locator(".person").first).to_be_visible()
    await camera.shoot("29-members")
    await page.locator(".person", has_text="Петров Алексей").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await camera.shoot("29-member")
    await close()
    await page.get_by_role("button", name=by("Загрузить список", "Import a list")).click()
    sheet = {"name": "7.csv", "mimeType": "text/csv", "buffer": LIST.encode("cp1251")}
    await page.locator("input[type=file]").set_input_files(sheet)  # type: ignore[arg-type] # a FilePayload
    await expect(page.get_by_role("dialog").locator("li").first).to_be_visible()
    await camera.shoot("29-import")
    await close()
    await page.goto(home + "/invites")
    await expect(page.locator("[data-invite]").first).to_be_visible()
    await camera.shoot("29-invites")
    await page.get_by_role("button", name=by("QR-код", "QR code")).first.click()
    await expect(page.get_by_role("dialog").locator("[data-qr]")).to_be_visible()
    await camera.shoot("29-invite-qr")
    await close()
    await page.goto(home + "/journal")
    await expect(page.locator("time").first).to_be_visible()
    await camera.shoot("29-journal")
    await page.goto(home + "/settings")
    await expect(page.get_by_role("switch")).to_be_visible()
    await camera.shoot("29-school")
    await page.context.close()
    assert not camera.found, "\n".join(map(str, camera.found))
