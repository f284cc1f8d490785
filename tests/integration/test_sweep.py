"""Deleted for everyone means: not in the file, not in its log, not in the index."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection

from storage.db import Database
from storage.migrate import upgrade
from storage.search import stem
from storage.sweep import Sweeper, state
from storage.verify import verify
from tests.house import House

SECRETS = ("ъжыцфхщтайна", "ѣщъквртшифр", "ѫбжшлозунг")
"""Rare beginnings, since FTS5 writes only how a word differs from the one before it."""


def on_disk(home: Path) -> list[str]:
    """Which secrets stand in any file of the database, as words or as stems."""
    held = b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())
    return [word for word in SECRETS if word.encode() in held or stem(word).encode() in held]


async def test_deleted_words_are_in_no_file(tmp_path: Path) -> None:
    """D8: the stems of a deleted post, of its edits and of an edited-away text are gone from file, log and index."""
    url = f"sqlite:///{tmp_path}/rt.db"
    upgrade(url)
    database = Database(url)
    house = House(database)
    house.service.start()
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    for n in range(30):
        await house.do(teacher, "message.post", chat=chat, text=f"обычное слово номер {n}")
    kept = (await house.do(student, "message.post", chat=chat, text=f"до {SECRETS[0]}")).seq
    gone = (await house.do(student, "message.post", chat=chat, text=f"вот {SECRETS[1]}")).seq
    await house.do(student, "message.edit", chat=chat, target=gone, text=f"или {SECRETS[2]}")
    for n in range(30):
        await house.do(teacher, "message.post", chat=chat, text=f"другое слово номер {n}")
    sweeper = Sweeper(database)
    assert await sweeper.sweep()
    assert await database.empty_log()
    assert on_disk(tmp_path) == [SECRETS[0], SECRETS[1], SECRETS[2]], "the history of edits stands until deletion"
    await house.do(teacher, "message.delete", chat=chat, targets=[gone], scope="everyone")
    await house.do(student, "message.edit", chat=chat, target=kept, text="после")
    await house.do(teacher, "message.delete", chat=chat, targets=[kept], scope="everyone")
    assert await database.empty_log()
    assert on_disk(tmp_path), "FTS5 alone keeps them: this test can fail"
    assert await database.read(state) == "due"
    assert await sweeper.sweep()
    assert on_disk(tmp_path) == []
    assert await database.read(state) is None
    assert await database.read(lambda c: matches(c, "слово")) == 60, "what stands is still found"
    assert (await database.read(verify)).faults == []
    await house.service.close()
    await database.close()


def matches(connection: Connection, word: str) -> int:
    statement = "SELECT count(*) FROM search_fts WHERE search_fts MATCH ?"
    return int(connection.exec_driver_sql(statement, (f'"{stem(word)}"',)).scalar_one())


async def test_the_sweeper_runs_by_itself_and_waits_for_readers(tmp_path: Path) -> None:
    """D8: an erasure is swept without being asked; a reader in the way delays it, and posts go on meanwhile."""
    url = f"sqlite:///{tmp_path}/rt.db"
    upgrade(url)
    database = Database(url)
    house = House(database)
    house.service.start()
    teacher = await house.person("teacher", "7А")
    chat = await house.group(teacher, [await house.person("student", "7А")])
    await house.do(teacher, "message.post", chat=chat, text="первое")
    seq = (await house.do(teacher, "message.post", chat=chat, text=SECRETS[0])).seq
    reading, free = asyncio.Event(), False
    loop = asyncio.get_running_loop()

    def long_read(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT count(*) FROM message").scalar_one()
        loop.call_soon_threadsafe(reading.set)
        while not free:
            time.sleep(0.01)

    reader = asyncio.create_task(database.read(long_read))
    await reading.wait()
    await house.do(teacher, "message.delete", chat=chat, targets=[seq], scope="everyone")
    sweeper = Sweeper(database, every_s=0.01)
    assert not await sweeper.sweep(), "the old snapshot still needs the log"
    await house.do(teacher, "message.post", chat=chat, text="ещё")
    free = True
    await reader
    sweeper.start()
    async with asyncio.timeout(10):
        while await database.read(state) is not None:  # noqa: ASYNC110 - another task's progress
            await asyncio.sleep(0.01)
    await sweeper.close()
    assert on_disk(tmp_path) == []
    await house.service.close()
    await database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_postgresql_needs_no_sweep(house: House) -> None:
    """One code for both engines: there the sweeper finds nothing to do."""
    sweeper = Sweeper(house.database)
    sweeper.start()
    assert await sweeper.sweep()
    await sweeper.close()
