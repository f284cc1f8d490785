"""What a person does with the client by keyboard, menus and settings, in Chromium on the demo school."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browser import chromium
from tests.e2e.demo import Demo, demo_school, enter

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with demo_school(tmp_path) as school:
        yield school


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


def row(page: Page, title: str) -> Locator:
    return page.locator("a[data-chat]").filter(has=page.locator(".title", has_text=re.compile(f"^{title}")))


def said(page: Page, text: str) -> Locator:
    return page.locator('#messages [role="listitem"]').filter(has_text=text)


async def choose(page: Page, chat: str, item: str) -> None:
    await row(page, chat).click(button="right")
    await page.locator(f'[data-item="{item}"]').click()


async def test_keyboard_alone_opens_a_chat_posts_replies_and_edits(demo: Demo, browser: Browser) -> None:
    """E-12: no mouse from the list to a reply; ↑ edits the last own; keys go by place, in any layout."""
    page = await enter(browser, demo, "Алексей")
    await row(page, "7А").focus()
    await page.keyboard.press("ArrowDown")
    await expect(row(page, "Олимпиада")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(said(page, "Я бы начала")).to_be_visible()
    await page.keyboard.press("F6")
    await page.keyboard.press("F6")
    await expect(page.locator("#composer")).to_be_focused()
    await page.keyboard.type("Тоже начал с крайнего")
    await page.keyboard.press("Enter")
    await expect(said(page, "Тоже начал с крайнего")).to_have_attribute("data-state", "sent")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#composer")).to_have_value("Тоже начал с крайнего")
    await page.keyboard.type(" случая")
    await page.keyboard.press("Enter")
    await expect(said(page, "Тоже начал с крайнего случая")).to_contain_text("изм.")
    await said(page, "Я бы начала").focus()
    # The key of R in the Russian layout types «к».
    await page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyR', key: 'к', bubbles: true}))"
    )
    await expect(page.locator("#composer")).to_be_focused()
    await expect(page.locator(".composer .bar")).to_contain_text("Мария Иванова")
    await page.keyboard.type("Согласен")
    await page.keyboard.press("Enter")
    await expect(said(page, "Согласен").locator(".quote")).to_contain_text("Я бы начала")


async def test_the_sixth_pinned_chat_is_refused_with_the_limit(demo: Demo, browser: Browser) -> None:
    """R-94: five at most; the refusal says so. Выше moves a pinned chat by one place."""
    page = await enter(browser, demo, "Алексей")
    await choose(page, "Стенгазета", "pin")
    await expect(page.locator(".toast")).to_contain_text("не больше 5 чатов")
    await choose(page, "Олимпиада", "up")
    await expect(page.locator("a[data-chat] .title").first).to_contain_text("Олимпиада")
    await page.reload()
    await expect(page.locator("a[data-chat] .title").first).to_contain_text("Олимпиада")


async def test_an_archived_chat_comes_back_with_a_new_message(demo: Demo, browser: Browser) -> None:
    """R-95: out of the list, into the archive, and back when somebody writes."""
    alexey = await enter(browser, demo, "Алексей")
    maria = await enter(browser, demo, "Мария")
    await choose(alexey, "Мария Иванова", "archive")
    await expect(row(alexey, "Мария Иванова")).to_have_count(0)
    await row(maria, "Алексей Петров").click()
    await maria.locator("#composer").fill("Ты где?")
    await maria.keyboard.press("Enter")
    await expect(row(alexey, "Мария Иванова")).to_be_visible()
    await expect(row(alexey, "Мария Иванова")).to_contain_text("Ты где?")


async def test_two_devices_show_the_same_unread(demo: Demo, browser: Browser) -> None:
    """E-3, R-96: read on one device is read on the other, and «непрочитанным» marks on both."""
    one = await enter(browser, demo, "Алексей")
    other = await enter(browser, demo, "Алексей", width=360, height=740)
    await expect(row(other, "Олимпиада").locator(".badge")).to_have_text("2")
    await row(one, "Олимпиада").click()
    await expect(row(one, "Олимпиада").locator(".badge")).to_have_count(0)
    await expect(row(other, "Олимпиада").locator(".badge")).to_have_count(0)
    await choose(one, "Стенгазета", "unread")
    await expect(row(other, "Стенгазета").locator(".badge.dot")).to_be_visible()


async def test_language_and_theme_switch_at_once_and_stay(demo: Demo, browser: Browser) -> None:
    """E-13: the page speaks the other language without a reload, and after one it still does."""
    page = await enter(browser, demo, "Алексей")
    await page.get_by_role("link", name="Настройки").click()
    await page.get_by_role("radio", name="English").check()
    await page.get_by_role("radio", name="Dark").check()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert await page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == [
        "en",
        "dark",
    ]


async def test_a_message_is_deleted_only_after_its_undo(demo: Demo, browser: Browser) -> None:
    """D8: «Отменить» brings it back; for everyone it becomes a tombstone on the other's screen too."""
    alexey = await enter(browser, demo, "Алексей")
    maria = await enter(browser, demo, "Мария")
    for page, other in ((alexey, "Мария Иванова"), (maria, "Алексей Петров")):
        await row(page, other).click()
    await alexey.locator("#composer").fill("Ой, не туда")
    await alexey.keyboard.press("Enter")
    await expect(said(maria, "Ой, не туда")).to_be_visible()
    await expect(said(alexey, "Ой, не туда")).to_have_attribute("data-state", "sent")

    async def delete() -> None:
        await said(alexey, "Ой, не туда").focus()
        await alexey.keyboard.press("Delete")
        await alexey.get_by_role("radio", name="У всех").check()
        await alexey.get_by_role("button", name="Удалить", exact=True).click()
        await expect(said(alexey, "Ой, не туда")).to_have_count(0)

    await delete()
    await alexey.get_by_role("button", name="Отменить").click()
    await expect(said(alexey, "Ой, не туда")).to_be_visible()
    # A pointer that rests on the toast holds it open.
    await alexey.mouse.move(600, 300)
    await delete()
    await alexey.mouse.move(600, 300)
    await expect(said(maria, "Сообщение удалено")).to_be_visible()


async def test_back_closes_the_topmost_layer_only(demo: Demo, browser: Browser) -> None:
    """Design §2: dialog, then panel, then conversation; a reload shows the same screen."""
    page = await enter(browser, demo, "Алексей", width=360, height=740)
    await row(page, "Шахматы").click()
    await page.get_by_role("button", name="О чате").last.click()
    await expect(page.locator("aside")).to_be_visible()
    await page.get_by_role("button", name="Изменить название").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator("aside")).to_be_visible()
    await page.reload()
    await expect(page.locator("aside")).to_be_visible()
    await page.go_back()
    await expect(page.locator("aside")).to_have_count(0)
    await expect(page.locator("#composer")).to_be_visible()
    await page.go_back()
    await expect(page.locator("a[data-chat]").first).to_be_visible()


async def test_a_message_elsewhere_is_told_by_a_toast_that_opens_it(demo: Demo, browser: Browser) -> None:
    """Experience §4.6: a toast for a chat that is not open, none for the open one; the title counts what is unread."""
    alexey = await enter(browser, demo, "Алексей")
    maria = await enter(browser, demo, "Мария")
    await row(alexey, "Шахматы").click()
    await expect(alexey.locator("#composer")).to_be_visible()
    await row(maria, "Алексей Петров").click()
    await maria.locator("#composer").fill("Пойдём в библиотеку?")
    await maria.keyboard.press("Enter")
    toast = alexey.locator(".toast")
    await expect(toast).to_contain_text("Мария Иванова: Пойдём в библиотеку?")
    await expect(alexey).to_have_title(re.compile(r"^\(\d+\) "))
    await toast.get_by_role("button", name="Открыть").click()
    await expect(said(alexey, "Пойдём в библиотеку?")).to_be_in_viewport()
    await expect(toast).to_have_count(0)
    await maria.locator("#composer").fill("Жду у входа")
    await maria.keyboard.press("Enter")
    await expect(said(alexey, "Жду у входа")).to_be_visible()
    await expect(toast).to_have_count(0)


async def test_many_messages_become_important_at_once(demo: Demo, browser: Browser) -> None:
    """R-91: chosen by keyboard, starred together; the list of important ones has both."""
    page = await enter(browser, demo, "Алексей")
    await row(page, "Олимпиада").click()
    await said(page, "Я бы начала").focus()
    await page.keyboard.press("Enter")
    await page.locator('[data-item="select"]').click()
    await said(page, "Я бы начала").focus()
    await page.keyboard.press("ArrowUp")
    await expect(said(page, "Я бы начала")).not_to_be_focused()
    await page.keyboard.press("Space")
    await expect(page.locator(".select")).to_contain_text("2")
    texts = [await one.locator(".text").inner_text() for one in await page.locator(".row.chosen").all()]
    await page.locator(".select").get_by_role("button", name="Отметить как важное").click()
    await expect(page.locator(".toast")).to_be_visible()
    await expect(page.locator("#composer")).to_be_visible()  # choosing ended, the conversation is still open
    await page.goto(page.url.partition("?")[0] + "?panel=important")
    for text in texts:
        await expect(page.locator("aside")).to_contain_text(text[:30])


async def test_a_link_to_a_message_of_this_messenger_opens_here(demo: Demo, browser: Browser) -> None:
    """Experience §4.3: own links open inside, in the same tab; others are links of the world, without a referrer."""
    page = await enter(browser, demo, "Алексей")
    await row(page, "Олимпиада").click()
    await expect(said(page, "Я бы начала")).to_be_visible()
    target = page.url + "/" + str(await said(page, "Я бы начала").get_attribute("data-seq"))
    await row(page, "Шахматы").click()
    await expect(page.locator("#composer")).to_be_visible()
    await page.locator("#composer").fill(f"Смотри {target} и https://example.org")
    await page.keyboard.press("Enter")
    away = said(page, "Смотри").get_by_role("link", name="https://example.org")
    assert await away.get_attribute("rel") == "noopener noreferrer nofollow"
    await said(page, "Смотри").get_by_role("link").first.click()
    await expect(said(page, "Я бы начала")).to_be_in_viewport()
    assert len(page.context.pages) == 1
