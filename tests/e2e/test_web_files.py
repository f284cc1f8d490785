"""Files in the web client: attached by one person, seen and fetched by another; bounds; going on after a closed tab."""

from __future__ import annotations

import asyncio
import os
import struct
import zlib
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from tests.e2e.browser import Person
from tests.e2e.server import Client, ServerProcess

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024


def png(width: int, height: int) -> bytes:
    """A slope of colours: something to look at."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 160)) for x in range(width)) for y in range(height)
    )

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest_asyncio.fixture
async def people(people: tuple[Person, Person], chat: str) -> tuple[Person, Person]:
    """Both with the group open."""
    for person in people:
        await person.open_chat(chat)
    return people


async def attach(page: Page, *paths: Path) -> None:
    await page.locator("input.picker").set_input_files(paths)


def uploads(page: Page, state: str) -> Locator:
    return page.locator(f'[data-upload="{state}"]')


async def fetched(person: Person, name: str) -> bytes:
    """What a press on the tile saves."""
    async with person.page.expect_download() as waits:
        await person.page.get_by_role("link", name=name).click()
    download = await waits.value
    assert download.suggested_filename == name
    return await asyncio.to_thread(Path(await download.path()).read_bytes)


async def test_a_picture_and_a_file_arrive_whole(
    people: tuple[Person, Person], teacher: Client, chat: str, tmp_path: Path
) -> None:
    """R-90, E-9: the other sees the picture in its own shape and saves the file byte for byte; the list tells both."""
    masha, kolya = people
    picture, table = tmp_path / "класс.png", tmp_path / "оценки за четверть.bin"
    picture.write_bytes(png(640, 320))
    table.write_bytes(os.urandom(3 * MIB))
    await attach(masha.page, picture, table)
    await expect(uploads(masha.page, "done")).to_have_count(2)
    await masha.write("вот они")
    await expect(uploads(masha.page, "done")).to_have_count(0)

    row = kolya.message("вот они")
    shown = row.locator("img")
    await expect(shown).to_be_visible()
    await kolya.page.wait_for_function("() => document.querySelector('[role=listitem] img')?.naturalWidth > 0")
    box = await row.locator(".picture").bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] - 2) < 0.02
    assert await fetched(kolya, table.name) == table.read_bytes()
    last = kolya.page.locator(f'[data-chat="{chat}"] .last')
    await expect(last).to_contain_text("Файлы (2) · вот они")

    page = await teacher.call("message.history", chat=chat, limit=10)
    (posted,) = page["messages"]
    assert [one["name"] for one in posted["files"]] == [picture.name, table.name]
    removed = await teacher.call(
        "message.delete", chat=chat, nonce="delete-1-nonce", targets=[posted["seq"]], scope="everyone"
    )
    assert removed["ok"], removed
    await expect(kolya.page.locator('[data-screen="S23"] [role="listitem"] a')).to_have_count(0)
    await expect(last).not_to_contain_text("Файлы")


async def test_bounds_are_told_before_a_byte_is_sent(people: tuple[Person, Person], tmp_path: Path) -> None:
    """R-90, D7: a byte over 4 GiB and the eleventh file are refused in words, and nothing of them is uploaded."""
    masha, _ = people
    asked: list[str] = []
    masha.page.on("request", lambda request: asked.append(request.url) if "/uploads/" in request.url else None)
    film = tmp_path / "фильм.mp4"
    with film.open("wb") as sparse:
        sparse.truncate(4 * 1024 * MIB + 1)
    await attach(masha.page, film)
    await expect(masha.page.get_by_text("фильм.mp4: файл больше 4 Гбайт")).to_be_visible()
    await expect(masha.page.locator("[data-upload]")).to_have_count(0)
    assert asked == []
    small = [tmp_path / f"{number}.txt" for number in range(11)]
    for path in small:
        path.write_text(path.name if path.name != "3.txt" else "")  # an empty file is a file too
    await attach(masha.page, *small)
    await expect(masha.page.get_by_text("не больше 10 файлов")).to_be_visible()
    await expect(uploads(masha.page, "done")).to_have_count(10)
    await masha.page.get_by_role("button", name="Убрать: 0.txt").click()
    await expect(uploads(masha.page, "done")).to_have_count(9)


async def test_an_upload_pauses_and_goes_on_after_a_closed_tab(
    people: tuple[Person, Person], chat: str, server: ServerProcess, tmp_path: Path
) -> None:
    """E-9: a sent message waits for its file; after a closed tab the same file, chosen again, goes on where it was."""
    masha, kolya = people
    film = tmp_path / "опыт.bin"
    film.write_bytes(os.urandom(20 * MIB))
    offsets: list[int] = []

    async def stall(route: Route) -> None:
        """The first 8 MiB pass, the rest stands still."""
        if route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0":
            return
        await route.continue_()

    await masha.page.route("**/uploads/*", stall)
    await attach(masha.page, film)
    await expect(uploads(masha.page, "sending")).to_contain_text("8 МБ из 20 МБ")
    await masha.page.get_by_role("button", name="Приостановить: опыт.bin").click()
    await expect(uploads(masha.page, "paused")).to_have_count(1)
    await masha.write("смотрите опыт")
    await masha.write("а это сразу")
    await expect(kolya.message("а это сразу")).to_have_count(1)
    await expect(kolya.message("смотрите опыт")).to_have_count(0)
    await masha.page.close()

    masha.page = await masha.context.new_page()
    masha.watch(masha.page)
    await masha.open_chat(chat)

    def heard(method: str, offset: str) -> None:
        if method == "PATCH":
            offsets.append(int(offset))

    masha.page.on("request", lambda request: heard(request.method, request.headers.get("upload-offset", "0")))
    await masha.message("смотрите опыт").locator("input[type=file]").set_input_files(film)
    await expect(kolya.message("смотрите опыт")).to_have_count(1)
    assert min(offsets) >= 8 * MIB
    assert await fetched(kolya, film.name) == film.read_bytes()
    await expect(masha.message("смотрите опыт")).to_have_count(1)
    await expect(uploads(masha.page, "done")).to_have_count(0)


async def test_pictures_are_walked_by_keys(people: tuple[Person, Person], tmp_path: Path) -> None:
    """Experience 4.5: a press opens the picture, arrows walk on through the chat, Esc returns to where it was."""
    masha, kolya = people
    for number, size in enumerate([(320, 200), (200, 320), (300, 300)]):
        picture = tmp_path / f"{number}.png"
        picture.write_bytes(png(*size))
        await attach(masha.page, picture)
        await masha.page.get_by_role("button", name="Отправить").click()
        await expect(kolya.page.locator("a.picture")).to_have_count(number + 1)
    page = kolya.page
    await page.get_by_role("link", name="Открыть фото: 1.png").click()
    viewer = page.locator('[data-screen="viewer"]')
    await expect(viewer).to_contain_text("2 из 3")
    await page.keyboard.press("ArrowRight")
    await expect(viewer.get_by_role("img", name="2.png")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(viewer).to_contain_text("3 из 3")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(viewer).to_contain_text("1 из 3")
    await page.keyboard.press("+")
    await expect(viewer.locator(".zoomed")).to_have_count(1)
    await page.keyboard.press("0")
    await expect(viewer.locator(".zoomed")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)
    await expect(page.get_by_role("link", name="Открыть фото: 1.png")).to_be_focused()
    await expect(kolya.composer).to_be_visible()
