"""Back-up and restore: database, blobs and keys in one archive with checksums. Decides nothing about what is kept.

The archive is a plain tar: ``manifest.json`` first (format, engine, time, SHA-256 and bytes of every file), then the
database (a SQLite file by the online back-up API, or ``pg_dump``'s custom format), then the folders beside it. A
restore writes a new random epoch, so that no client takes new events for ones it has seen (architecture §2).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import URL
from sqlalchemy.engine import make_url

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
FOLDERS = ("blobs", "keys", "secrets")
"""Folders beside the database that belong to it, where they exist."""
BLOCK_BYTES = 1 << 20
ASIDE = ".before-restore"
"""What a restore replaces is kept under this ending until the next restore."""


class BackupError(Exception):
    """A back-up or a restore that cannot be done; the text says why and what helps."""


class Entry(msgspec.Struct, frozen=True):
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True):
    format: int
    engine: str
    created_ms: int
    files: dict[str, Entry]


def backup(url: str, archive: Path, now_ms: int) -> Manifest:
    """Write an archive of the running instance; it appears under its name when it is whole and on the disk."""
    if archive.exists():
        raise BackupError(f"{archive} exists already")
    parsed = make_url(url)
    engine = parsed.get_backend_name()
    with _beside(archive) as work:
        copy = work / DATABASES[engine]
        if engine == "sqlite":
            _copy_sqlite(_sqlite_path(parsed), copy)
        else:
            _run_postgresql("pg_dump", parsed, "--format=custom", "--no-owner", f"--file={copy}")
        # after the database: what its rows name was there before them
        sources = {copy.name: copy, **_files(data_folder(url))}
        files = {name: _entry(path) for name, path in sources.items()}
        manifest = Manifest(FORMAT, engine, now_ms, files)
        (work / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        whole = work / "archive.tar"
        with whole.open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            tar.add(work / MANIFEST, MANIFEST)
            for name, path in sources.items():
                tar.add(path, name)
        whole.chmod(0o600)  # it holds everybody's words
        _sync(whole)
        os.replace(whole, archive)
        _sync(archive.parent)
    return manifest


def restore(url: str, archive: Path, *, force: bool) -> Manifest:
    """Check the archive, then put it in place of what stands; nothing is touched when any check fails."""
    parsed = make_url(url)
    engine = parsed.get_backend_name()
    folder = data_folder(url)
    folder.mkdir(parents=True, exist_ok=True)
    with _beside(folder / "restore") as work:
        manifest = _unpack(archive, work)
        if manifest.engine != engine:
            raise BackupError(f"the archive is of {manifest.engine}, the configured database is {engine}")
        if engine == "sqlite":
            _restore_sqlite(work / DATABASES[engine], _sqlite_path(parsed), force=force)
        else:
            _restore_postgresql(work / DATABASES[engine], parsed, force=force)
        for name in FOLDERS:
            if (work / name).is_dir():
                _replace(work / name, folder / name)
        _sync(folder)
    return manifest


def data_folder(url: str) -> Path:
    """Where blobs and keys stand: beside a SQLite file, else ``data``."""
    parsed = make_url(url)
    return _sqlite_path(parsed).parent if parsed.get_backend_name() == "sqlite" else Path("data")


# --- SQLite -----------------------------------------------------------------------------------------------------


def _sqlite_path(url: URL) -> Path:
    if not url.database:
        raise BackupError("a database in memory has nothing to keep")
    return Path(url.database)


def _copy_sqlite(source: Path, goal: Path) -> None:
    if not source.exists():
        raise BackupError(f"{source} does not exist")
    with closing(sqlite3.connect(source, timeout=10)) as live, closing(sqlite3.connect(goal)) as copy:
        live.backup(copy, pages=-1)  # one step, one snapshot: under WAL the writer goes on
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, no log beside it
        _check_sqlite(copy)


def _check_sqlite(connection: sqlite3.Connection) -> None:
    try:
        found = connection.execute("PRAGMA quick_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"the database's copy is damaged: {error}") from None
    if found != ("ok",):
        raise BackupError(f"the database's copy is damaged: {found[0]}")


def _restore_sqlite(copy: Path, goal: Path, *, force: bool) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        _check_sqlite(connection)
        _renew_epoch_sqlite(connection)
    _sync(copy)
    if goal.exists():
        if not force:
            raise BackupError(f"{goal} exists: --force replaces it")
        _let_go(goal)
        for ending in ("-wal", "-shm"):  # a log of the old file would be played into the new one
            Path(f"{goal}{ending}").unlink(missing_ok=True)
    _replace(copy, goal)


def _let_go(path: Path) -> None:
    """Refuse while anybody has the database open: leaving WAL mode needs it alone; the log goes into the file."""
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BackupError("the database is in use: stop the server first") from None
    except sqlite3.DatabaseError:
        return  # what is damaged is what a restore is for


def _renew_epoch_sqlite(connection: sqlite3.Connection) -> None:
    changed = connection.execute("UPDATE instance SET value = ? WHERE key = 'epoch'", (secrets.token_hex(8),))
    if changed.rowcount != 1:
        raise BackupError("the archive's database is not one of rtserver")


# --- PostgreSQL -------------------------------------------------------------------------------------------------


def _restore_postgresql(dump: Path, url: URL, *, force: bool) -> None:
    """In one transaction: what is there goes, tables of later versions too; the archive's comes with a new epoch."""
    ask = (
        "-XAtc",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    there = _run_postgresql("psql", url, "-XAtc", "SELECT to_regclass('instance') IS NOT NULL").strip() == "t"
    if there and not force:
        raise BackupError("the database has tables already: --force replaces them")
    if _run_postgresql("psql", url, *ask).strip() != "0":
        raise BackupError("the database is in use: stop the server first")
    script = dump.with_suffix(".sql")
    _run_postgresql("pg_restore", url, "--no-owner", f"--file={script}", dump)
    epoch = secrets.token_hex(8)
    _run_postgresql(
        "psql",
        url,
        *("-Xq", "--set=ON_ERROR_STOP=1", "--single-transaction"),
        *("-c", "DROP SCHEMA public CASCADE", "-c", "CREATE SCHEMA public", "-f", script),
        *("-c", f"UPDATE public.instance SET value = '{epoch}' WHERE key = 'epoch'"),  # noqa: S608 - hex of our own
    )


def _name(url: URL) -> str:
    return url.database or "postgres"


def _run_postgresql(program: str, url: URL, *arguments: Any) -> str:
    """Run one of PostgreSQL's own programs. The password goes by the environment, which no list of processes shows."""
    found = shutil.which(program) or next(
        (str(one) for one in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)), None
    )
    if found is None:
        raise BackupError(f"{program} is not installed: sudo apt-get install postgresql-client")
    told = {
        "PGHOST": url.host or str(url.query.get("host", "")),
        "PGPORT": str(url.port or url.query.get("port", "")),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": _name(url),
    }
    environment = {**os.environ, **{key: value for key, value in told.items() if value}}
    done = subprocess.run(  # noqa: S603 - the program was looked up, the arguments are ours
        [found, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()[:2000]}")
    return done.stdout


# --- the archive ------------------------------------------------------------------------------------------------


def _unpack(archive: Path, goal: Path) -> Manifest:
    """Every file of the archive under ``goal``, each by its checksum. Raises ``BackupError``."""
    try:
        with tarfile.open(archive, "r:") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST:
                raise BackupError(f"{archive} is no back-up of rtserver")
            manifest = msgspec.json.decode(_content(tar, first).read(), type=Manifest)
            if manifest.format != FORMAT:
                raise BackupError(f"the archive is of format {manifest.format}, this version reads {FORMAT}")
            missing = dict(manifest.files)
            for member in tar:
                if member.name == MANIFEST:
                    continue
                expected = missing.pop(member.name, None)
                if expected is None or not member.isfile() or not _tame(member.name):
                    raise BackupError(f"the archive holds something strange: {member.name}")
                path = goal / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    shutil.copyfileobj(_content(tar, member), file, BLOCK_BYTES)
                path.chmod(0o600)
                if _entry(path) != expected:
                    raise BackupError(f"the archive is damaged: {member.name} is not what was kept")
                _sync(path)
    except (OSError, tarfile.TarError, msgspec.DecodeError) as error:
        raise BackupError(f"{archive} cannot be read: {error}") from None
    if missing:
        raise BackupError(f"the archive lacks {next(iter(missing))}")
    if DATABASES.get(manifest.engine) not in manifest.files:
        raise BackupError("the archive has no database")
    return manifest


def _tame(name: str) -> bool:
    """A database, or a path inside one of the folders that goes nowhere else."""
    parts = name.split("/")
    return name in DATABASES.values() or (parts[0] in FOLDERS and len(parts) > 1 and not {"", ".", ".."} & set(parts))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    content = tar.extractfile(member)
    if content is None:
        raise BackupError(f"the archive holds something strange: {member.name}")
    return content


def _files(folder: Path) -> Mapping[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for name in FOLDERS
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def _entry(path: Path) -> Entry:
    with path.open("rb") as file:
        return Entry(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _replace(new: Path, goal: Path) -> None:
    """Put ``new`` in place of ``goal``, which stays under another name until the next restore."""
    aside = goal.with_name(goal.name + ASIDE)
    if aside.is_dir():
        shutil.rmtree(aside)
    if goal.exists():
        os.replace(goal, aside)
    os.replace(new, goal)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A folder for the work on the same file system as ``path``, so that the last step is a rename."""
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.absolute().parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
