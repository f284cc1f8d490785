"""Fixtures: a migrated database on each engine. Under RT_NO_SKIP a skipped test is a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.db import Database
from storage.migrate import upgrade

settings.register_profile("untimed", deadline=None)  # no test is timed: a busy machine is not a broken product
settings.load_profile("untimed")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and os.environ.get("RT_NO_SKIP") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL of the test's own on a unix socket; the URL without a database's name."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    home = Path(tempfile.mkdtemp(prefix="rtpg"))
    run: dict[str, str] = {}
    if os.geteuid() == 0:
        shutil.chown(home, "postgres")
        run["user"] = "postgres"
    data = home / "data"
    options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "rt", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        capture_output=True,
        cwd=home,
        **run,
    )
    control = [binaries / "pg_ctl", "-D", data, "-w"]
    subprocess.run(
        [*control, "-o", options, "-l", home / "log", "start"], check=True, capture_output=True, cwd=home, **run
    )
    try:
        yield f"postgresql://rt@/{{name}}?host={home}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=home, **run)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/rt.db"
    else:
        pattern: str = request.getfixturevalue("postgresql")
        name = f"t{os.urandom(6).hex()}"
        _create(pattern.format(name="postgres"), name)
        url = pattern.format(name=name)
    upgrade(url)
    return url


def _create(admin: str, name: str) -> None:
    import asyncio

    async def run() -> None:
        engine = create_async_engine(admin.replace("postgresql:", "postgresql+asyncpg:"), isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name}"))
        await engine.dispose()

    asyncio.run(run())


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()
