"""One database, SQLite or PostgreSQL, behind the same synchronous repositories. Refuses to know any table.

Every repository function takes a ``sqlalchemy.Connection``: on SQLite it runs on a thread, on PostgreSQL inside
``AsyncConnection.run_sync`` (asyncpg), so one code serves both engines and the event loop never waits for a disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

T = TypeVar("T")

SQLITE_BUSY_MS = 10_000
"""How long a statement waits for another process's lock (a back-up, ``rtserver admin``)."""

LOG_BUSY_MS = 50
"""How long emptying the log waits for readers: every post waits with it."""


def sqlite_engine(url: str, *, begin: Literal["BEGIN", "BEGIN IMMEDIATE"], size: int, read_only: bool) -> Engine:
    """An engine whose transactions are opened by us: ``sqlite3``'s own implicit ones come too late for locks."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        connect_args={"isolation_level": None, "check_same_thread": False, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # an acknowledgement means: durable
        cursor.execute("PRAGMA secure_delete=ON")  # deleted for everyone means: gone from the file
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-32768")  # KiB
        cursor.execute("PRAGMA wal_autocheckpoint=16000")  # pages (64 MiB): hot ones go home less often
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


class Database:
    """Reads on a pool of read-only connections, writes one at a time (SQLite) or in transactions (PostgreSQL)."""

    def __init__(self, url: str, *, readers: int = 4) -> None:
        parsed = make_url(url)
        self.url = url
        self.dialect: Literal["sqlite", "postgresql"]
        self._async_engine: AsyncEngine | None = None
        if parsed.get_backend_name() == "sqlite":
            self.dialect = "sqlite"
            plain = parsed.set(drivername="sqlite").render_as_string(hide_password=False)
            self._write_engine = sqlite_engine(plain, begin="BEGIN IMMEDIATE", size=1, read_only=False)
            self._read_engine = sqlite_engine(plain, begin="BEGIN", size=readers, read_only=True)
            self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="db-write")
            self._read_threads = ThreadPoolExecutor(readers, thread_name_prefix="db-read")
        else:
            self.dialect = "postgresql"
            self._async_engine = create_async_engine(
                parsed.set(drivername="postgresql+asyncpg"), pool_size=readers + 2, max_overflow=0
            )

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on one read-only snapshot and give its result."""
        if self._async_engine is None:
            return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._read_now, work)
        async with self._async_engine.connect() as connection:
            snapshot = await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return await snapshot.run_sync(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction: committed durably when this returns, undone when it raises."""
        if self._async_engine is None:
            return await asyncio.get_running_loop().run_in_executor(self._write_thread, self._write_now, work)
        async with self._async_engine.begin() as connection:
            return await connection.run_sync(work)

    async def empty_log(self) -> bool:
        """Bring SQLite's write-ahead log home and cut it to nothing; False when a reader was in the way.

        Erased words are gone from the disk only then. PostgreSQL's dead rows go with its own vacuum.
        """
        if self._async_engine is not None:
            return True
        return await asyncio.get_running_loop().run_in_executor(self._write_thread, self._empty_log_now)

    async def close(self) -> None:
        """Finish what runs, then let go of every connection."""
        if self._async_engine is not None:
            await self._async_engine.dispose()
            return
        await asyncio.to_thread(self._close_now)

    def _read_now(self, work: Callable[[Connection], T]) -> T:
        with self._read_engine.connect() as connection, connection.begin():
            return work(connection)

    def _write_now(self, work: Callable[[Connection], T]) -> T:
        with self._write_engine.begin() as connection:
            return work(connection)

    def _empty_log_now(self) -> bool:
        with closing(self._write_engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={LOG_BUSY_MS}")
            busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
            return busy == 0

    def _close_now(self) -> None:
        self._write_thread.shutdown(wait=True)
        self._read_threads.shutdown(wait=True)
        self._read_engine.dispose()
        self._write_engine.dispose()


def upsert(connection: Connection, table: Any) -> Any:
    """``INSERT`` that can say ``ON CONFLICT``: the one upsert both engines share."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415 - one of the two is enough

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415 - as above

    return postgresql_insert(table)


def sqlite_driver(connection: Connection) -> sqlite3.Connection | None:
    """The driver's own connection, inside the same transaction; None on PostgreSQL.

    For what runs with every batch of posts: SQLAlchemy adds 50 to 150 µs to each statement.
    """
    if connection.dialect.name != "sqlite":
        return None
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def bulk_insert(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows of plain values. On SQLite the driver gets the tuples as they are."""
    if not rows:
        return
    driver = sqlite_driver(connection)
    if driver is not None:
        marks = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names of our own tables
    else:
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])
