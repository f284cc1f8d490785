"""Back-up and restore on both engines: what comes back, what is refused, and that nothing is touched by a refusal."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from storage import backup as module
from storage.backup import BackupError, backup, restore
from storage.db import Database
from storage.reading import epoch
from storage.verify import Report, verify
from tests.house import House

NOW = 1_790_000_000_000


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's files stand in ``data`` of the working folder."""
    monkeypatch.chdir(tmp_path)


async def _post(url: str, *texts: str) -> list[str]:
    """Post texts to a new group; what its history then holds."""
    database = Database(url)
    house = House(database)
    house.service.start()
    teacher = await house.person("teacher", "7А")
    chat = await house.group(teacher, [await house.person("student", "7А")])
    for text in texts:
        await house.do(teacher, "message.post", chat=chat, text=text)
    found = [m.text for m in (await house.do(teacher, "message.history", chat=chat)).messages]
    await house.service.close()
    await database.close()
    return found


async def _ask(url: str, question: Callable[[Connection], object]) -> object:
    database = Database(url)
    try:
        return await database.read(question)
    finally:
        await database.close()


async def _verified(url: str) -> Report:
    report = await _ask(url, verify)
    assert isinstance(report, Report)
    return report


async def test_what_was_kept_comes_back_under_a_new_epoch(database_url: str, tmp_path: Path) -> None:
    """Architecture §2: database, blobs and keys return; the epoch is new; the database verifies."""
    await _post(database_url, "один", "два")
    keys = module.data_folder(database_url) / "keys"
    keys.mkdir(parents=True)
    (keys / "codes").write_bytes(b"secret")
    before, events = await _ask(database_url, epoch), (await _verified(database_url)).events
    archive = tmp_path / "kept.tar"
    backup(database_url, archive, NOW)
    assert archive.stat().st_mode & 0o777 == 0o600
    await _post(database_url, "три")
    (keys / "codes").write_bytes(b"other")
    with pytest.raises(BackupError, match="--force"):
        restore(database_url, archive, force=False)
    assert (await _verified(database_url)).events > events
    restore(database_url, archive, force=True)
    report = await _verified(database_url)
    assert (report.events, report.faults) == (events, [])
    assert (keys / "codes").read_bytes() == b"secret"
    assert await _ask(database_url, epoch) != before
    assert await _post(database_url, "четыре") == ["четыре"], "it takes new posts"
    with pytest.raises(BackupError, match="exists already"):
        backup(database_url, archive, NOW)


async def test_a_damaged_or_strange_archive_is_refused_whole(database_url: str, tmp_path: Path) -> None:
    """A flipped byte, a cut tail, a foreign path or no archive at all: refused before anything is replaced."""
    await _post(database_url, "один")
    archive = tmp_path / "kept.tar"
    backup(database_url, archive, NOW)
    before = await _ask(database_url, epoch)
    whole = archive.read_bytes()
    middle = len(whole) // 2
    strange = tmp_path / "strange.tar"
    with tarfile.open(archive) as old, tarfile.open(strange, "w") as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        member.name = "keys/../../evil"
        new.addfile(member, old.extractfile(old.getmembers()[-1]))
    for spoiled in (
        whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        whole[:middle],
        b"no archive",
        strange.read_bytes(),
    ):
        archive.write_bytes(spoiled)
        with pytest.raises(BackupError):
            restore(database_url, archive, force=True)
        assert await _ask(database_url, epoch) == before
    assert not (tmp_path.parent / "evil").exists()


async def test_a_database_in_use_is_not_replaced(database_url: str, database: Database, tmp_path: Path) -> None:
    """A restore under a running server would lose what it writes: refused, even with --force."""
    await _post(database_url, "один")
    archive = tmp_path / "kept.tar"
    await database.read(epoch)  # the pool keeps the connection
    backup(database_url, archive, NOW)
    with pytest.raises(BackupError, match="stop the server"):
        restore(database_url, archive, force=True)


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations: without PostgreSQL's own programs the message says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module.Path, "glob", lambda *_: iter(()))
    with pytest.raises(BackupError, match="postgresql-client"):
        backup("postgresql://rt@/name", tmp_path / "kept.tar", NOW)


def test_an_archive_of_the_other_engine_is_named(tmp_path: Path) -> None:
    """Operations: an archive of SQLite does not go into PostgreSQL."""
    from storage.migrate import upgrade

    url = f"sqlite:///{tmp_path}/a/rt.db"
    upgrade(url)
    backup(url, tmp_path / "kept.tar", NOW)
    with pytest.raises(BackupError, match="archive is of sqlite"):
        restore("postgresql://rt@/name", tmp_path / "kept.tar", force=True)
