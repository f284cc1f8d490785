"""``rtserver admin school | localities | explain-link | reindex``: the operator's part on the command line.

It works on the database beside a running server; what it decides is told to people when their page asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import typer

from rtserver.bus.memory import MemoryBus
from rtserver.chat.class_rooms import ClassRooms
from rtserver.chat.service import ChatService
from rtserver.clock import now_ms
from rtserver.config import Settings
from rtserver.school import requests
from rtserver.school.classifier import read_places
from rtserver.school.doors import explain_link
from rtserver.school.places import Places, save_places, shipped
from rtserver.school.ports import Transaction
from rtserver.school.service import load_key
from rtserver.wire.errors import AppError, wire_error
from rtserver.wire.school import SchoolRequest
from storage.db import Database
from storage.reindex import clear, reindex

T = TypeVar("T")


def add_school_commands(admin: typer.Typer, settings_of: Callable[[Path | None], Settings]) -> None:
    """Hang the commands under ``rtserver admin``."""
    school = typer.Typer(no_args_is_help=True, help="Requests of schools.")
    localities = typer.Typer(no_args_is_help=True, help="Cities, towns and villages.")
    admin.add_typer(school, name="school")
    admin.add_typer(localities, name="localities")

    @school.command("requests")
    def listed(status: str = "waiting", config: Path | None = None) -> None:
        """Requests to register a school: number, name, place, position, contact."""

        async def run(database: Database) -> list[SchoolRequest]:
            return (await database.read(lambda c: requests.load_requests(c, status))).requests

        for one in _with_database(settings_of(config), run):
            typer.echo(f"{one.number}\t{one.status}\t{one.name}\t{one.place}\t{one.position}\t{one.contact}")

    @school.command()
    def approve(number: int, config: Path | None = None) -> None:
        """Register the school; the applicant becomes its first administrator."""
        places = Places()

        def task(tx: Transaction) -> SchoolRequest:
            places.refresh(tx.connection)
            return requests.approve_request(tx, number, places)

        typer.echo(f"school {_change(settings_of(config), task).school}")

    @school.command()
    def refuse(number: int, reason: str = "", config: Path | None = None) -> None:
        """Refuse a request; the applicant reads the reason."""
        _change(settings_of(config), lambda tx: requests.refuse_request(tx, number, reason))
        typer.echo("refused")

    @localities.command()
    def load(file: Path, config: Path | None = None) -> None:
        """Add every locality of the official classifier (ОКТМО) or of a CSV with titles (an extract of ФИАС)."""
        raw = file.read_bytes()

        async def run(database: Database) -> tuple[int, int]:
            return await database.write(lambda c: save_places(c, read_places(raw, shipped())))

        added, renewed = _with_database(settings_of(config), run)
        typer.echo(f"{added} added, {renewed} renewed")

    @admin.command("reindex")
    def reindex_command(config: Path | None = None) -> None:
        """Make the search index anew, beside a running server too; until it ends search finds what is there already."""

        async def run(database: Database) -> int:
            await database.write(clear)
            return await reindex(database, rest=0)

        typer.echo(f"{_with_database(settings_of(config), run)} chats")

    @admin.command("explain-link")
    def explain(url: str, config: Path | None = None) -> None:
        """Why an invite or a parent's link works or fails, and who can mend it."""
        settings = settings_of(config)
        key = load_key(settings.storage.database)
        bounds = settings.school.settings(settings.server)

        async def run(database: Database) -> tuple[bool, list[str]]:
            return await database.read(lambda c: explain_link(c, url, key, now_ms(), bounds))

        works, lines = _with_database(settings, run)
        for line in lines:
            typer.echo(line)
        if not works:
            raise typer.Exit(1)


def _with_database(settings: Settings, run: Callable[[Database], Awaitable[T]]) -> T:
    async def whole() -> T:
        database = Database(settings.storage.database)
        try:
            return await run(database)
        finally:
            await database.close()

    return asyncio.run(whole())


def _change(settings: Settings, task: Callable[[Transaction], T]) -> T:
    """Run a task as the server would; a refusal is told and ends with 1."""

    async def run(database: Database) -> T:
        chats = ChatService(database, MemoryBus(), now_ms, settings.chat.limits())
        chats.start()
        try:
            result: T = await chats.run(lambda work: task(ClassRooms(work)))
        finally:
            await chats.close()
        return result

    try:
        return _with_database(settings, run)
    except AppError as refusal:
        error = wire_error(refusal)
        typer.echo(f"{error['code']}: {error['message_en']}", err=True)
        raise typer.Exit(1) from None
