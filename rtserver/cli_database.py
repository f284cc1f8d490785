"""How commands of the operator reach the database beside a running server, and how they end.

Exit codes: 0 done, 1 refused or not found (one line on stderr says why), 2 a wrong call or configuration.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer
from sqlalchemy.exc import DatabaseError

from rtserver.bus.memory import MemoryBus
from rtserver.chat.class_rooms import ClassRooms
from rtserver.chat.service import ChatService
from rtserver.clock import now_ms
from rtserver.config import Settings
from rtserver.wire.errors import AppError, wire_error
from storage.db import Database

T = TypeVar("T")


def give_up(reason: str) -> NoReturn:
    """Say why on stderr and end with 1."""
    typer.echo(reason, err=True)
    raise typer.Exit(1)


def with_database(settings: Settings, run: Callable[[Database], Awaitable[T]]) -> T:
    """The result of ``run``; a refusal or a database that cannot be used ends the command with 1."""

    async def whole() -> T:
        database = Database(settings.storage.database)
        try:
            return await run(database)
        finally:
            await database.close()

    try:
        return asyncio.run(whole())
    except AppError as refusal:
        error = wire_error(refusal)
        give_up(f"{error['code']}: {error['message_en']}")
    except DatabaseError as error:
        give_up(f"cannot use the database of [storage]; does it need `rtserver migrate`? {error.orig}")


def change(settings: Settings, task: Callable[[ClassRooms], T]) -> T:
    """Run a task as the server would, events included: a running server hears of them within ``hub.heads_every_s``."""

    async def run(database: Database) -> T:
        chats = ChatService(database, MemoryBus(), now_ms, settings.chat.limits())
        chats.start()
        try:
            result: T = await chats.run(lambda work: task(ClassRooms(work)))
        finally:
            await chats.close()
        return result

    return with_database(settings, run)
