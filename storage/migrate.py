"""Brings a database to the newest tables with Alembic, under a lock. Never narrows a table that is in use."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from .db import sqlite_engine

MIGRATION_LOCK = 7_268_401
"""Key of PostgreSQL's advisory lock: any number that only rtserver uses."""


def upgrade(url: str) -> None:
    """Migrate to the head revision; returns at once when there is nothing to do. Blocking: call it off the loop."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        plain = parsed.set(drivername="sqlite").render_as_string(hide_password=False)
        engine = sqlite_engine(plain, begin="BEGIN IMMEDIATE", size=1, read_only=False)
        try:
            with engine.begin() as connection:  # BEGIN IMMEDIATE is the lock
                _run(connection)
        finally:
            engine.dispose()
    else:
        asyncio.run(_upgrade_postgresql(parsed.set(drivername="postgresql+asyncpg").render_as_string(False)))


async def _upgrade_postgresql(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _run(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
