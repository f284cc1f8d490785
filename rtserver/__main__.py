"""The command line: serve, media, migrate, demo, verify, backup, restore, admin. Holds no rule of its own."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Annotated, Optional

import msgspec
import typer
import uvloop
from alembic.util.exc import CommandError
from sqlalchemy.exc import DatabaseError

from media.worker import WorkerSettings
from media.worker import run as run_worker
from rtserver import log
from rtserver.account_cli import add_account_commands
from rtserver.admin_cli import add_school_commands
from rtserver.app import is_loopback, serve
from rtserver.app_calls import WORKER_VARIABLE
from rtserver.clock import now_ms
from rtserver.config import ConfigError, Settings, load
from rtserver.demo import demo_links, is_empty
from rtserver.files_cli import add_file_commands
from storage.backup import BackupError, backup, restore
from storage.db import Database
from storage.migrate import upgrade
from storage.verify import verify as verify_logs

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="A school's own messenger and lessons.")
admin = typer.Typer(
    no_args_is_help=True,
    help="For the operator. Ends with 0: done, 1: refused, 2: a wrong call.",
)
account_cli = typer.Typer(no_args_is_help=True, help="Accounts: make them, and help people who cannot get in.")
cli.add_typer(admin, name="admin")
admin.add_typer(account_cli, name="account")

ConfigPath = Annotated[Optional[Path], typer.Option("--config", help="config.toml; ./config.toml when it exists.")]  # noqa: UP045 - typer reads it


def settings_of(path: Path | None) -> Settings:
    here = Path("config.toml")
    try:
        return load(path if path is not None else here if here.exists() else None)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


@cli.command("serve")
def serve_command(
    config: ConfigPath = None, demo: bool = typer.Option(False, help="Fill an empty database first.")
) -> None:
    """Run the server until SIGTERM."""
    settings = settings_of(config)
    log.set_up(settings.log.level, settings.log.format)

    async def run() -> None:
        if demo and is_loopback(settings.server.host):
            await asyncio.to_thread(upgrade, settings.storage.database)
            for line in await demo_links(settings, only_when_empty=True):
                typer.echo(line)
        await serve(settings, typer.echo)

    try:
        uvloop.run(run())
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        at = f"{settings.server.host}:{settings.server.port} and operator port {settings.server.operator_port}"
        typer.echo(f"cannot start on {at}: {error.strerror or error}", err=True)
        raise typer.Exit(1) from None
    except CommandError as error:
        typer.echo(f"cannot bring the database to this version's tables; is it from a newer one? {error}", err=True)
        raise typer.Exit(1) from None
    except DatabaseError as error:
        typer.echo(f"cannot use the database of [storage]: {error.orig}", err=True)
        raise typer.Exit(1) from None


@cli.command()
def media(config: ConfigPath = None) -> None:
    """Run a media worker: a child of `serve`, or on another machine by [media] control and key."""
    settings = settings_of(config)
    log.set_up(settings.log.level, settings.log.format)
    given = os.environ.get(WORKER_VARIABLE)
    own = settings.media
    if given is None and not (own.control and own.key):
        typer.echo("a worker of its own needs [media] control and key", err=True)
        raise typer.Exit(2)
    worker = (
        own.worker(own.control, own.key.encode(), socket.gethostname(), own.port, settings.server.host)
        if given is None
        else msgspec.json.decode(given, type=WorkerSettings)
    )
    try:
        uvloop.run(run_worker(worker))
    except OSError as error:
        typer.echo(f"media cannot listen on port {worker.port}: {error.strerror or error}", err=True)
        raise typer.Exit(1) from None


@cli.command()
def migrate(config: ConfigPath = None) -> None:
    """Bring the database to the newest tables."""
    upgrade(settings_of(config).storage.database)


@cli.command()
def demo(config: ConfigPath = None) -> None:
    """Make a demo school in a new database and print its sign-in links."""
    settings = settings_of(config)
    upgrade(settings.storage.database)
    if not asyncio.run(is_empty(settings)):
        typer.echo("The database is not empty: a demo is made in a new one only.", err=True)
        raise typer.Exit(1)
    for line in uvloop.run(demo_links(settings, only_when_empty=True)):
        typer.echo(line)


@cli.command()
def verify(config: ConfigPath = None) -> None:
    """Check that no log lost, doubled, reordered or altered anything."""

    async def run() -> list[str]:
        database = Database(settings_of(config).storage.database)
        try:
            report = await database.read(verify_logs)
        finally:
            await database.close()
        typer.echo(f"{report.chats} chats, {report.events} events, {report.bodies} bodies")
        return report.faults

    faults = asyncio.run(run())
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)


@cli.command("backup")
def backup_command(archive: Path, config: ConfigPath = None) -> None:
    """Write database, files and keys into one archive while the server runs."""
    try:
        manifest = backup(settings_of(config).storage.database, archive, now_ms())
    except BackupError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{archive}: {len(manifest.files)} files, {sum(f.size for f in manifest.files.values())} bytes")


@cli.command("restore")
def restore_command(
    archive: Path,
    config: ConfigPath = None,
    force: Annotated[bool, typer.Option(help="Replace what is there; it stays aside as *.before-restore.")] = False,
) -> None:
    """Put an archive in place (server stopped), bring it to the newest tables and verify it."""
    url = settings_of(config).storage.database
    try:
        restore(url, archive, force=force)
    except BackupError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    upgrade(url)
    verify(config)


add_account_commands(account_cli, settings_of)
add_school_commands(admin, settings_of)
add_file_commands(admin, settings_of)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
