"""``rtserver admin files check | gc``: rows against bytes on the disk. Works beside a running server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from rtserver.bus.memory import MemoryBus
from rtserver.chat.file_work import FileWork
from rtserver.chat.service import ChatService
from rtserver.clock import now_ms
from rtserver.config import Settings
from rtserver.files.tidy import Report, Tidier, check_files, recount
from storage.blobs.disk import Disk
from storage.db import Database

MIB = 1 << 20


def add_file_commands(admin: typer.Typer, settings_of: Callable[[Path | None], Settings]) -> None:
    """Hang the commands under ``rtserver admin``."""
    files = typer.Typer(no_args_is_help=True, help="Uploads and files.")
    admin.add_typer(files, name="files")

    @files.command()
    def check(config: Path | None = None) -> None:
        """Look for files without their bytes, bytes without a file, and miscounted space. Ends with 1 when bytes are
        missing.
        """
        report = asyncio.run(_check(settings_of(config)))
        _tell(report)
        if report.missing:
            raise typer.Exit(1)

    @files.command()
    def gc(config: Path | None = None) -> None:
        """Remove what nobody holds any more and stray bytes older than a day, and count the used space anew."""
        gone, report = asyncio.run(_collect(settings_of(config)))
        typer.echo(f"{gone} entries and {len(report.strays)} stray files removed")


async def _check(settings: Settings) -> Report:
    database = Database(settings.storage.database)
    disk = Disk(settings.files.settings(settings.storage.database).folder)
    try:
        return await database.read(lambda connection: check_files(connection, disk, now_ms()))
    finally:
        await database.close()


async def _collect(settings: Settings) -> tuple[int, Report]:
    bounds = settings.files.settings(settings.storage.database)
    database, disk = Database(settings.storage.database), Disk(bounds.folder)
    chats = ChatService(database, MemoryBus(), now_ms, settings.chat.limits())
    chats.start()

    async def run(task: Any) -> Any:
        return await chats.run(lambda work: task(FileWork(work)))

    try:
        tidier = Tidier(database, run, disk, bounds, now_ms)
        gone = 0
        while count := await tidier.tidy():
            gone += count
        report = await database.read(lambda connection: check_files(connection, disk, now_ms()))
        for path in report.strays:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        if report.miscounted:
            await run(lambda tx: recount(tx.connection))
    finally:
        await chats.close()
        await database.close()
    return gone, report


def _tell(report: Report) -> None:
    typer.echo(f"{report.files} files, {report.bytes // MIB} MiB")
    for line in report.missing:
        typer.echo(line, err=True)
    if report.strays:
        typer.echo(f"{len(report.strays)} stray files: rtserver admin files gc removes them")
    if report.miscounted:
        typer.echo(f"the used space of {len(report.miscounted)} holders is miscounted: gc counts it anew")
