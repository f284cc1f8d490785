"""Pictures of entering and of the QR log-in, each also a run of axe (E-12): a sibling of ``test_shots``."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.looks import LOOKS
from tests.e2e.server import ServerProcess
from tests.e2e.test_entering import code_for
from tests.e2e.test_entering import desk as school
from tests.e2e.test_school_entry import api, born
from tests.e2e.test_shots import SHOTS, Camera, browser

__all__ = ["browser"]  # fixture
SIZES = {1280: 800, 360: 740}
OWNER, PASSWORD = "+79170000001", "синий кит на крыше"


@dataclass
class House:
    """A server with a school, links of both kinds, and sessions of people at every stage."""

    server: ServerProcess
    invite: str
    expired: str
    parent: str
    tokens: dict[str, str]
    device: list[dict[str, Any]] | None = None
    """Cookies of a browser that knows the account with a password."""
    number: int = 0
    """The next telephone number that nobody has."""

    def phone(self) -> str:
        self.number += 1
        return f"+7918{self.number:07}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    SHOTS.mkdir(exist_ok=True)
    home: Path = tmp_path_factory.mktemp("enter")
    server = ServerProcess(home)
    server.start()
    try:
        yield furnished(server)
    finally:
        server.kill()


def furnished(server: ServerProcess) -> House:
    head, path, invite = school.__wrapped__(server)  # type: ignore[attr-defined] # the function under the fixture
    klass = api(server, head, "GET", f"{path}/class-list")["classes"][0]["id"]
    old = api(server, head, "POST", f"{path}/invites", {"class_id": klass})
    with sqlite3.connect(server.home / "rt.db", timeout=10) as database:
        database.execute("UPDATE invite SET expires_ms = 1 WHERE id = ?", (int(old["id"]),))
    tokens = {"head": head}
    for name, date in (
        ("child", "2015-05-05"),
        ("waits", "2009-05-05"),
        ("refused", "2009-06-05"),
        ("invited", "2009-07-05"),
        ("mother", "1985-05-05"),
    ):
        ident = server.command("admin", "account", "add", "Алексей" if name == "child" else "Вера", "Петрова")
        born(server.home, ident, date)
        tokens[name] = server.command("admin", "account", "token", ident)
    made = {
        name: api(server, tokens[name], "POST", "/api/applications", {"invite": invite.rpartition("/")[2]})["id"]
        for name in ("waits", "refused", "child")
    }
    no = {"applications": [made["refused"]], "approve": False, "reason": "Указан другой класс"}
    api(server, head, "POST", f"{path}/applications", no)
    link = api(server, tokens["child"], "POST", "/api/family/link")["url"]
    return House(
        server=server,
        invite=invite,
        expired=server.url + re.sub(r"^https?://[^/]+", "", old["url"]),
        parent=server.url + re.sub(r"^https?://[^/]+", "", link),
        tokens=tokens,
    )


async def make_owner(house: House, browser: Browser) -> None:
    """Somebody with a password, registered once over the API; the browser's cookies know the account afterwards."""
    if house.device is not None:
        return
    context = await browser.new_context()
    url = f"{house.server.url}/api/auth"

    async def post(path: str, **body: Any) -> None:
        answer = await context.request.post(f"{url}{path}", data=body)
        assert answer.ok, await answer.text()

    options = await (await context.request.get(f"{url}/options")).json()
    versions = {name: options[name] for name in ("agreement_version", "privacy_version")}
    await post("/flow", start="login")
    await post("/flow/contact", contact=OWNER, **versions)
    await post("/flow/code", code=code_for(house.server, OWNER[2:]))
    person = {"first_name": "Ольга", "last_name": "Белова", "birth_date": "1990-01-01", "gender": "female"}
    await post("/flow/profile", **person, password=PASSWORD)
    house.device = [dict(one) for one in await context.cookies() if one["name"] == "rt_device"]
    assert house.device
    await context.close()


class Screens:
    """Contexts of one width; every screen is taken in the looks of that width where it stands."""

    def __init__(self, house: House, browser: Browser, width: int) -> None:
        self.house, self.browser, self.width = house, browser, width
        self.options: dict[str, Any] = {
            "viewport": {"width": width, "height": SIZES[width]},
            "locale": "ru-RU",
            "timezone_id": "Europe/Moscow",
            "reduced_motion": "reduce",
            "has_touch": width < 600,
        }
        self.found: list[Any] = []

    async def page(self, token: str = "") -> Page:
        context = await self.browser.new_context(**self.options)
        if token:
            await context.add_cookies([{"name": "rt_session", "value": token, "url": self.house.server.url}])
        return await context.new_page()

    async def shoot(self, page: Page, name: str, screen: str) -> None:
        """When the screen stands and its title is there."""
        await expect(page.locator(f'[data-screen="{screen}"]')).to_be_visible()
        await expect(page.get_by_role("heading", level=1)).not_to_have_text(re.compile("^(Загружается|Loading)?$"))
        for lang in ("en", "ru"):
            await page.get_by_role("radio", name=lang.upper()).click()
            await expect(page.locator("html")).to_have_attribute("lang", lang)
            for theme in ("dark", "light"):
                if (self.width, theme, lang) not in LOOKS:
                    continue
                await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] # one of its words
                await expect(page.locator("html")).to_have_attribute("data-theme", theme)
                camera = Camera(page, f"{theme}-{lang}-{self.width}")
                await camera.shoot(name)
                self.found += [(camera.tail, *one) for one in camera.found]

    async def one(self, name: str, screen: str, url: str, who: str = "", ready: str = "") -> None:
        """A screen that stands at an address; ``ready`` is there when it has loaded."""
        page = await self.page(self.house.tokens.get(who, ""))
        await page.goto(url)
        if ready:
            await expect(page.locator(ready).first).to_be_visible()
        await self.shoot(page, name, screen)
        await page.context.close()


async def submit(page: Page, contact: str) -> None:
    """The contact of S02 or S15."""
    await page.locator("form input").first.fill(contact)
    await page.locator("form button[type=submit]").click()


@pytest.mark.parametrize("width", list(SIZES))
async def test_entering_in_pictures_and_by_axe(house: House, browser: Browser, width: int) -> None:
    """E-12, E-13: S02…S17 in both themes and languages, on a phone and a desktop, without a violation."""
    await make_owner(house, browser)
    on, url = Screens(house, browser, width), house.server.url

    await on.one("00-lost", "S00", f"{url}/mesages")
    await on.one("08-invite", "S08", house.invite, ready="main .button")
    await on.one("08-signed", "S08", house.invite, "waits", "main .button")
    await on.one("08-expired", "S08", house.expired)
    await on.one("11-apply", "S11", f"{url}/apply", "invited")
    await on.one("11-organisation", "S11", f"{url}/apply/organisation", "invited", "main")
    await on.one("12-waiting", "S12", f"{url}/apply/sent", "waits")
    await on.one("12-refused", "S12", f"{url}/apply/sent", "refused")
    await on.one("13-login-first", "S13", f"{url}/school/new")
    await on.one("13-school", "S13", f"{url}/school/new", "head", "[data-request]")
    await on.one("14-hold", "S14", f"{url}/hold", "child", "[data-qr]")
    await on.one("15-self-parent", "S15", house.parent, "child", "[data-qr]")
    await on.one("17-child", "S17", house.parent, "mother")

    page = await on.page(house.tokens["invited"])
    await page.goto(house.invite)
    await page.request.post(f"{url}/api/auth/flow", data={"start": "invite", "link": house.invite.rpartition("/")[2]})
    await page.goto(f"{url}/invitation")
    await on.shoot(page, "10-invitation", "S10")
    await page.context.close()

    page = await on.page()
    await page.goto(f"{url}/login")
    if width >= 768:
        await expect(page.locator("[data-qr]")).to_be_visible()
    await on.shoot(page, "02-login", "S02")
    phone = house.phone()
    await submit(page, phone)
    await on.shoot(page, "04-code", "S04")
    await page.locator("form input").press_sequentially(code_for(house.server, phone[2:]))
    await on.shoot(page, "09-profile", "S09")
    await page.locator("form button[type=submit]").click()
    await expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    await on.shoot(page, "09-profile-errors", "S09")
    await page.context.close()

    page = await on.page()
    await page.goto(house.parent)
    await on.shoot(page, "15-parent", "S15")
    phone = house.phone()
    await submit(page, phone)
    await expect(page.locator('[data-screen="S04"]')).to_be_visible()
    await page.locator("form input").press_sequentially(code_for(house.server, phone[2:]))
    await on.shoot(page, "16-new-parent", "S16")
    await page.context.close()

    page = await on.page()
    assert house.device
    await page.context.add_cookies(house.device)  # type: ignore[arg-type] # as they were read
    await page.goto(f"{url}/login")
    await submit(page, OWNER)
    await on.shoot(page, "05-password", "S05")
    await page.get_by_role("button", name="Забыли пароль?").click()
    await expect(page.locator('[data-screen="S04"]')).to_be_visible()
    await page.locator("form input").press_sequentially(code_for(house.server, OWNER[2:]))
    await expect(page.locator('[data-screen="S07"]')).to_be_visible()
    await page.locator("form input").fill("синий")
    await on.shoot(page, "07-reset", "S07")
    await page.goto(f"{url}/login")
    await submit(page, OWNER)
    await page.locator(".who button").click()
    await on.shoot(page, "06-other", "S06")
    await page.context.close()

    computer, held = await on.page(), await on.page(house.tokens["mother"])
    await computer.set_viewport_size({"width": 1280, "height": 800})
    await computer.goto(f"{url}/login")
    shown = await computer.locator("[data-qr]").get_attribute("data-qr")
    await held.goto(url + re.sub(r"^https?://[^/]+", "", str(shown)))
    await expect(held.locator("dd").first).to_be_visible()
    await on.shoot(held, "03-approve", "S03")
    await expect(computer.locator("[data-state=seen]")).to_be_visible()
    await on.shoot(computer, "03-seen", "S02")
    await held.locator("main .button").first.click()
    await expect(held.locator("dl")).to_have_count(0)
    await on.shoot(held, "03-done", "S03")
    await held.goto(f"{url}/qr/abcdefgh12345678")
    await on.shoot(held, "03-old", "S03")
    for page in (computer, held):
        await page.context.close()
    assert not on.found, "\n".join(map(str, on.found))
