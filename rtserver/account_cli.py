"""``rtserver admin account``: make accounts, and help people who cannot get in. Shows no name and no whole number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Optional

import typer
from sqlalchemy import Connection, func, select

from rtserver.auth import people
from rtserver.auth.attempts import Key, check_attempts, forgive_attempts
from rtserver.auth.claims import masked
from rtserver.auth.contacts import read_contact
from rtserver.auth.sessions import add_account, open_session
from rtserver.chat.class_rooms import ClassRooms
from rtserver.cli_database import change, give_up, with_database
from rtserver.clock import now_ms
from rtserver.config import Settings
from rtserver.school.ages import DEFAULT_ZONE, check_birth_date, school_day
from rtserver.school.enrol import enrol
from rtserver.school.hold import load_holds
from rtserver.school.members import follow_class
from rtserver.school.names import person_name
from rtserver.school.people import places_of
from rtserver.wire.errors import AppError
from rtserver.wire.types import SchoolRole
from storage import auth_tables as a
from storage import tables as t
from storage.ids import parse_id, wire_id

ConfigPath = Annotated[Optional[Path], typer.Option("--config", help="config.toml; ./config.toml when it exists.")]  # noqa: UP045 - typer reads it
AccountId = Annotated[str, typer.Argument(help="The account's id, as `account add` and `account show` print it.")]
ROLES = ("operator", "admin", "class_teacher", "teacher", "student", "staff", "parent")


def add_account_commands(account: typer.Typer, settings_of: Callable[[Path | None], Settings]) -> None:
    """Hang the commands under ``rtserver admin account``."""

    @account.command()
    def add(
        first_name: str,
        last_name: str,
        school: Annotated[str, typer.Option(help="School's name; made when missing.")] = "",
        role: Annotated[str, typer.Option(help=", ".join(ROLES))] = "",
        klass: Annotated[str, typer.Option("--class", help="Class, like 7А; made when missing.")] = "",
        subject: Annotated[str, typer.Option(help="What a teacher teaches there.")] = "",
        contact: Annotated[str, typer.Option(help="Phone or e-mail to log in with, by a code.")] = "",
        born: Annotated[str, typer.Option(help="Birth date, like 1985-03-04.")] = "",
        config: ConfigPath = None,
    ) -> None:
        """Make an account; prints its id. With --contact the person logs in by a code."""
        if role and role not in ROLES:
            raise typer.BadParameter(f"unknown role: {role}", param_hint="--role")
        settings = settings_of(config)

        def task(tx: ClassRooms) -> int:
            number = make_account(tx, first_name, last_name, born, contact, settings.auth.phone_region)
            if role:
                chosen: SchoolRole = role  # type: ignore[assignment] # checked above
                _, class_id = enrol(tx.connection, number, chosen, school, klass, subject, tx.now)
                if class_id is not None and has_chat(tx.connection, class_id):
                    follow_class(tx, number, class_id)
            return number

        typer.echo(wire_id(change(settings, task)))

    @account.command()
    def token(
        account: AccountId,
        device: Annotated[str, typer.Option(help="What the account's list of devices shows.")] = "admin",
        config: ConfigPath = None,
    ) -> None:
        """Open a session of an account; prints its token once."""

        def task(tx: ClassRooms) -> str:
            return open_session(tx.connection, known_account(tx.connection, account), device, tx.now)

        typer.echo(change(settings_of(config), task))

    @account.command()
    def find(contact: str, config: ConfigPath = None) -> None:
        """The id of the account that logs in with a phone or e-mail; ends with 1 when there is none."""
        settings = settings_of(config)

        def read(connection: Connection) -> int | None:
            holder = people.holder_of(connection, read_contact(contact, settings.auth.phone_region).address)
            return None if holder is None else holder.account

        found = with_database(settings, lambda database: database.read(read))
        if found is None:
            give_up("nobody logs in with it")
        typer.echo(wire_id(found))

    @account.command()
    def show(account: AccountId, config: ConfigPath = None) -> None:
        """Why somebody can or cannot get in: contacts (masked), password, devices, hold, roles, too many attempts."""
        settings = settings_of(config)
        for line in with_database(settings, lambda db: db.read(lambda c: describe(c, account, settings, now_ms()))):
            typer.echo(line)

    @account.command("log-out")
    def log_out(account: AccountId, config: ConfigPath = None) -> None:
        """End every session of an account and forget its devices, for a lost phone: codes are asked for again."""

        def task(tx: ClassRooms) -> int:
            number = known_account(tx.connection, account)
            people.forget_devices(tx.connection, number)
            return people.end_sessions(tx, number)

        typer.echo(f"{change(settings_of(config), task)} sessions ended")

    @account.command()
    def forgive(contact: str, config: ConfigPath = None) -> None:
        """Forget wrong codes and passwords of a phone or e-mail: its owner may try again at once."""
        settings = settings_of(config)

        def task(tx: ClassRooms) -> None:
            address = read_contact(contact, settings.auth.phone_region).address
            forgive_attempts(tx.connection, _keys(tx.connection, address))

        change(settings, task)
        typer.echo("forgiven")


def make_account(tx: ClassRooms, first: str, last: str, born: str, contact: str, region: str) -> int:
    """Its id. ``born`` and ``contact`` may be empty; ``phone_taken`` or ``email_taken`` for another profile's."""
    name = person_name(first, last)
    birth_date = check_birth_date(born, school_day(tx.now, DEFAULT_ZONE)) if born else None
    number = add_account(tx.connection, name.first, name.last, tx.now, birth_date=birth_date)
    if contact:
        given = read_contact(contact, region)
        if not people.add_contact(tx.connection, number, given.kind, given.address, tx.now):
            raise AppError("phone_taken" if given.kind == "phone" else "email_taken")
    return number


def has_chat(connection: Connection, klass: int) -> bool:
    k = t.school_class.c
    return connection.execute(select(k.id).where(k.id == klass, k.chat_id.is_not(None))).first() is not None


def known_account(connection: Connection, text: str) -> int:
    """The number of an open account; ``person_unknown``."""
    row = connection.execute(
        select(t.account.c.id).where(t.account.c.id == parse_id(text), t.account.c.closed_ms.is_(None))
    ).first()
    if row is None:
        raise AppError("person_unknown")
    return int(row.id)


def describe(connection: Connection, text: str, settings: Settings, now: int) -> list[str]:
    """Lines for support. No names: the id is what the person reads out of the profile's address."""
    number = known_account(connection, text)
    c, p, s = a.contact.c, a.password.c, t.session.c
    addresses = list(connection.execute(select(c.address).where(c.account_id == number).order_by(c.id)).scalars())
    password = connection.execute(select(p.account_id).where(p.account_id == number)).first() is not None
    living = select(func.count()).where(s.account_id == number, s.ended_ms.is_(None), s.expires_ms > now)
    lines = [
        f"contacts\t{', '.join(map(masked, addresses)) or 'none: nobody can log in'}",
        f"password\t{'yes' if password else 'no: a code is enough'}",
        f"sessions\t{connection.execute(living).scalar_one()}",
        f"entry\t{load_holds(connection, (number,), now)[number] or 'open'}",
    ]
    lines += [
        f"role\t{place.role}\t{place.school_name}\t{place.class_name}"
        for place in places_of(connection, [number]).get(number, [])
    ]
    limits = settings.auth.settings(settings.server).limits
    for address in addresses:
        try:
            check_attempts(connection, _keys(connection, address), limits, now)
        except AppError as refusal:
            lines.append(f"wait\t{masked(address)}\t{refusal.fields['minutes']} minutes, or `account forgive`")
    return lines


def _keys(connection: Connection, address: str) -> list[Key]:
    """What counts the failures of a contact and of its account."""
    holder = people.holder_of(connection, address)
    keys: list[Key] = [("fail:contact", address), ("fail:account", address), ("send:contact", address)]
    return keys if holder is None else [*keys, ("fail:account", wire_id(holder.account))]
