"""``rtserver admin school | localities | explain-link | reindex``: the operator's part on the command line.

It works on the database beside a running server, which hears of what it decides within ``hub.heads_every_s``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy import Connection, func, select

from rtserver.account_cli import ConfigPath, known_account
from rtserver.chat.class_rooms import ClassRooms
from rtserver.cli_database import change, with_database
from rtserver.clock import now_ms
from rtserver.config import Settings
from rtserver.school import requests
from rtserver.school.applications import lock_account
from rtserver.school.classifier import read_places
from rtserver.school.doors import explain_link
from rtserver.school.duties import holds
from rtserver.school.journal import record
from rtserver.school.members import enter_school
from rtserver.school.people import standing_of
from rtserver.school.places import Places, save_places, shipped
from rtserver.school.service import load_key
from rtserver.wire.errors import AppError
from rtserver.wire.school import SchoolRequest
from storage import tables as t
from storage.db import Database
from storage.ids import parse_id, wire_id
from storage.reindex import clear, reindex

Status = Literal["waiting", "approved", "refused", "all"]
Number = Annotated[int, typer.Argument(min=1, help="The request's number, as `school requests` prints it.")]


def add_school_commands(admin: typer.Typer, settings_of: Callable[[Path | None], Settings]) -> None:
    """Hang the commands under ``rtserver admin``."""
    school = typer.Typer(no_args_is_help=True, help="Schools, their requests and their administrators.")
    localities = typer.Typer(no_args_is_help=True, help="Cities, towns and villages.")
    admin.add_typer(school, name="school")
    admin.add_typer(localities, name="localities")

    @school.command("requests")
    def listed(
        status: Annotated[Status, typer.Option(help="Which ones.")] = "waiting", config: ConfigPath = None
    ) -> None:
        """Requests to register a school: number, status, name, place, position, contact."""
        wanted = "" if status == "all" else status

        async def run(database: Database) -> list[SchoolRequest]:
            return (await database.read(lambda c: requests.load_requests(c, wanted))).requests

        for one in with_database(settings_of(config), run):
            typer.echo(f"{one.number}\t{one.status}\t{one.name}\t{one.place}\t{one.position}\t{one.contact}")

    @school.command()
    def approve(number: Number, config: ConfigPath = None) -> None:
        """Register the school; the applicant becomes its first administrator. Prints the school's id."""
        places = Places()

        def task(tx: ClassRooms) -> SchoolRequest:
            places.refresh(tx.connection)
            return requests.approve_request(tx, number, places)

        typer.echo(f"school {change(settings_of(config), task).school}")

    @school.command()
    def refuse(
        number: Number,
        reason: Annotated[str, typer.Option(help="What the applicant reads, at most 300 characters.")] = "",
        config: ConfigPath = None,
    ) -> None:
        """Refuse a request; the applicant reads the reason."""
        change(settings_of(config), lambda tx: requests.refuse_request(tx, number, reason))
        typer.echo("refused")

    @school.command("list")
    def schools(config: ConfigPath = None) -> None:
        """Every school: id, members, administrators, name, place."""
        for line in with_database(settings_of(config), lambda database: database.read(school_lines)):
            typer.echo(line)

    @school.command()
    def appoint(
        school_id: Annotated[str, typer.Argument(metavar="SCHOOL", help="Its id, as `school list` prints it.")],
        account: Annotated[str, typer.Argument(help="The account's id; `account find` tells it by the phone.")],
        config: ConfigPath = None,
    ) -> None:
        """Make somebody an administrator of a school that has lost its own. The school's journal shows it."""
        change(settings_of(config), lambda tx: appoint_admin(tx, school_id, account))
        typer.echo("appointed")

    @localities.command()
    def load(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The list.")],
        config: ConfigPath = None,
    ) -> None:
        """Add every locality of the official classifier (ОКТМО) or of a CSV with titles (an extract of ФИАС)."""
        raw = file.read_bytes()

        async def run(database: Database) -> tuple[int, int]:
            return await database.write(lambda c: save_places(c, read_places(raw, shipped())))

        added, renewed = with_database(settings_of(config), run)
        typer.echo(f"{added} added, {renewed} renewed")

    @admin.command("reindex")
    def reindex_command(config: ConfigPath = None) -> None:
        """Make the search index anew, beside a running server too; until it ends search finds what is there already."""

        async def run(database: Database) -> int:
            await database.write(clear)
            return await reindex(database, rest=0)

        typer.echo(f"{with_database(settings_of(config), run)} chats")

    @admin.command("explain-link")
    def explain(
        url: Annotated[str, typer.Argument(help="The whole address, or what follows the server's name: /i/…, /p/….")],
        config: ConfigPath = None,
    ) -> None:
        """Why an invite or a parent's link works or fails, and who can mend it. Ends with 1 for one that fails."""
        settings = settings_of(config)
        key = load_key(settings.storage.database)
        bounds = settings.school.settings(settings.server)

        async def run(database: Database) -> tuple[bool, list[str]]:
            return await database.read(lambda c: explain_link(c, url, key, now_ms(), bounds))

        works, lines = with_database(settings, run)
        for line in lines:
            typer.echo(line)
        if not works:
            raise typer.Exit(1)


def school_lines(connection: Connection) -> list[str]:
    """One line a school, parted by tabs."""
    r, s = t.school_role.c, t.school.c
    people = (
        select(
            r.school_id,
            func.count(func.distinct(r.account_id)).label("members"),
            func.count(func.distinct(r.account_id)).filter(r.role == "admin").label("admins"),
        )
        .where(r.until_ms.is_(None))
        .group_by(r.school_id)
        .subquery()
    )
    rows = connection.execute(
        select(s.id, s.name, s.place, people.c.members, people.c.admins)
        .join(people, people.c.school_id == s.id, isouter=True)
        .order_by(s.name, s.id)
    )
    return [f"{wire_id(row.id)}\t{row.members or 0}\t{row.admins or 0}\t{row.name}\t{row.place}" for row in rows]


def appoint_admin(tx: ClassRooms, school: str, account: str) -> None:
    """``school_unknown``, ``person_unknown``, ``role_exists``."""
    number, person = parse_id(school), known_account(tx.connection, account)
    if tx.connection.execute(select(t.school.c.id).where(t.school.c.id == number)).first() is None:
        raise AppError("school_unknown")
    lock_account(tx, person)
    if holds(standing_of(tx.connection, person), "admin", number):
        raise AppError("role_exists")
    enter_school(tx, person, number, "admin", None, "")
    record(tx.connection, tx.now, number, None, "role.granted", target=person, detail="admin")
