"""Finding, typing, drafts, mentions and reports in Chromium, two people at once on a real server (S22-S26)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.browser import Person
from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess

ROOT = Path(__file__).parents[2]
SHOTS = os.environ.get("RT_SHOTS", "")
"""A folder for pictures to look at; none are taken without it."""
POSTS = 130
"""More than two pages of history: what is far up is not loaded when the chat opens."""
FAR = 5
"""Number of the post, from the oldest, that is searched for."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Takes a chat's worth of posts at once; what is refused for its rate is tested elsewhere."""
    process = ServerProcess(tmp_path, RT_HUB__COMMANDS_BURST="1000")
    process.start()
    yield process
    process.kill()


async def fill(server: ServerProcess, school: School, chat: str) -> None:
    """Posts of Kolya's: one far up tells of books, one near the end of a book."""
    kolya = Client(school.tokens["kolya"])
    await kolya.connect(server.url)
    for number in range(POSTS):
        text = f"Запись {number}"
        if number == FAR:
            text = "Принесите новые книги по алгебре"
        if number == POSTS - 3:
            text = "Чья это книга осталась в классе?"
        posted = await kolya.call("message.post", chat=chat, nonce=f"post-nonce-{number:04}", text=text)
        assert posted["ok"], posted
    await kolya.close()


def field(person: Person) -> Locator:
    return person.page.locator('[data-screen="S22"] input[type=search]')


async def picture(person: Person, name: str) -> None:
    if SHOTS:
        await person.page.screenshot(path=f"{SHOTS}/{name}.png", animations="disabled")


async def test_a_message_is_found_from_the_list_and_gone_to(
    people: tuple[Person, Person], chat: str, server: ServerProcess, school: School
) -> None:
    """R-92, E-6: any form of a word finds, its words are marked, Enter shows the message among its neighbours."""
    await fill(server, school, chat)
    masha, _ = people
    await masha.page.goto(f"{masha.url}/messages")
    await expect(masha.page.locator("a[data-chat]")).to_have_count(1)
    await masha.page.keyboard.press("/")
    await expect(field(masha)).to_be_focused()
    await field(masha).press_sequentially("книгой", delay=20)
    found = masha.page.locator('[data-found="message"]')
    await expect(found).to_have_count(2)
    await expect(found.last.locator("mark")).to_have_text("книги")
    await expect(found.last).to_contain_text("Kolya")
    await expect(found.last.locator("time")).to_be_visible()
    await picture(masha, "search-list")
    await field(masha).press("ArrowDown")
    await masha.page.keyboard.press("ArrowDown")
    await expect(found.last).to_be_focused()
    await masha.page.keyboard.press("Enter")
    await expect(masha.message("Принесите новые книги")).to_be_in_viewport()
    for near in (FAR - 1, FAR + 1):
        await expect(masha.message(f"Запись {near}")).not_to_have_count(0)
    await expect(masha.page.locator("#messages")).to_contain_text("Принесите")
    await masha.page.wait_for_function("CSS.highlights.get('found')?.size === 1")
    await picture(masha, "search-gone-to")


async def test_people_chats_and_nothing(people: tuple[Person, Person], chat: str) -> None:
    """S26: a chat by its title, a person by the name; what is not there is said so, and Ctrl+K comes from anywhere."""
    masha, _ = people
    await masha.open_chat(chat)
    await masha.page.keyboard.press("Control+k")
    await expect(field(masha)).to_be_focused()
    await field(masha).fill("круж")
    await expect(masha.page.locator("a[data-chat]")).to_have_count(1)
    await field(masha).fill("Teacher")
    await expect(masha.page.locator('[data-found="person"]')).to_have_count(1)
    await field(masha).fill("ъыъыъ")
    await expect(masha.page.locator('[data-screen="S22"]')).to_contain_text("Ничего не нашлось")
    await field(masha).fill("Teacher")
    await expect(masha.page.locator('[data-found="person"]')).to_have_count(1)
    await field(masha).press("Enter")
    await expect(masha.page.locator(".head")).to_contain_text("Teacher")


async def test_in_one_chat_up_and_down(
    people: tuple[Person, Person], chat: str, server: ServerProcess, school: School
) -> None:
    """R-92, S26: Ctrl+F opens the bar, the newest hit comes first, Enter goes up, Shift+Enter down, Esc closes."""
    await fill(server, school, chat)
    masha, _ = people
    await masha.open_chat(chat)
    await expect(masha.message(f"Запись {POSTS - 1}")).to_have_count(1)
    await masha.page.keyboard.press("Control+f")
    bar = masha.page.locator('[data-screen="S26"]')
    await expect(bar.locator("input")).to_be_focused()
    await bar.locator("input").fill("книга")
    await expect(bar.get_by_role("status")).to_have_text("1 из 2")
    await expect(masha.message("Чья это книга")).to_be_in_viewport()
    await bar.locator("input").press("Enter")
    await expect(bar.get_by_role("status")).to_have_text("2 из 2")
    await expect(masha.message("Принесите новые книги")).to_be_in_viewport()
    await picture(masha, "search-in-chat")
    await bar.locator("input").press("Shift+Enter")
    await expect(bar.get_by_role("status")).to_have_text("1 из 2")
    await expect(masha.message("Чья это книга")).to_be_in_viewport()
    await bar.locator("input").press("Escape")
    await expect(bar).to_have_count(0)


async def test_typing_drafts_and_reading_are_seen_by_the_others(people: tuple[Person, Person], chat: str) -> None:
    """E-3, E-4, experience 4.3: who types is told in the head and the list; a draft follows to the other device."""
    masha, kolya = people
    phone = await masha.context.new_page()
    await phone.goto(f"{masha.url}/messages")
    row = phone.locator("a[data-chat]")
    await expect(row).to_have_count(1)
    await masha.open_chat(chat)
    await kolya.open_chat(chat)
    await masha.composer.press_sequentially("Скоро буду", delay=20)
    await expect(kolya.page.locator(".head")).to_contain_text("Masha печатает…")
    await expect(kolya.page.locator("a[data-chat]")).to_contain_text("Masha печатает…")
    await picture(kolya, "typing")
    await expect(row).to_contain_text("Черновик: Скоро буду")
    await row.click()
    await expect(phone.locator("#composer")).to_have_value("Скоро буду")
    await masha.page.bring_to_front()
    await masha.composer.press("Enter")
    await expect(kolya.message("Скоро буду")).to_have_count(1)
    await expect(kolya.page.locator(".head")).not_to_contain_text("печатает")
    await expect(phone.locator("#composer")).to_have_value("")
    await kolya.page.bring_to_front()
    await expect(masha.message("Скоро буду").locator(".meta .read")).to_have_count(1)
    await phone.close()


async def test_a_message_is_reported_and_rules_of_writing_are_shown(
    people: tuple[Person, Person], chat: str, teacher: Client
) -> None:
    """E-8, E-14, S23, S24: a report goes off from the menu; slow mode counts down; read-only takes the field away."""
    masha, kolya = people
    await masha.open_chat(chat)
    await kolya.open_chat(chat)
    await kolya.write("Обидные слова")
    await masha.message("Обидные слова").click(button="right")
    await masha.page.get_by_role("menuitem", name="Пожаловаться").click()
    dialog = masha.page.get_by_role("dialog")
    await dialog.get_by_text("Угроза или травля").click()
    await picture(masha, "report")
    await dialog.get_by_role("button", name="Отправить жалобу").click()
    await expect(dialog).to_have_count(0)
    await expect(masha.page.get_by_text("Жалоба отправлена")).to_be_visible()

    slow = await teacher.call("chat.update", chat=chat, nonce="slow-1-nonce", slow_s=300)
    assert slow["ok"], slow
    await masha.write("Первое")
    await expect(kolya.message("Первое")).to_have_count(1)
    rule = masha.page.locator("[data-rule]")
    await expect(rule).to_contain_text("Следующее через 4:")
    await masha.write("Второе")
    await expect(masha.composer).to_have_value("Второе")
    await picture(masha, "slow")
    await expect(kolya.page.locator('[data-rule="slow"]')).to_have_count(1)

    closed = await teacher.call("chat.update", chat=chat, nonce="only-1-nonce", write_policy="staff", slow_s=0)
    assert closed["ok"], closed
    await expect(masha.page.locator('[data-rule="read_only"]')).to_have_text("Писать могут только учителя")
    await expect(masha.composer).to_have_count(0)
    await expect(masha.message("Второе")).to_have_count(0)
