"""Rows of contacts, passwords, known devices and accepted documents. Asks no right and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import Connection, delete, insert, select, update

from rtserver.wire.auth import Document
from rtserver.wire.chat import SessionEnded
from storage import auth_tables as a
from storage import tables as t
from storage.db import upsert
from storage.ids import new_id, wire_id

from .ports import Transaction
from .sessions import token_hash
from .settings import DEVICE_MS


@dataclass(frozen=True, slots=True)
class Holder:
    """The open account that holds a contact."""

    account: int
    first_name: str
    last_name: str
    argon2: str | None


def holder_of(connection: Connection, address: str) -> Holder | None:
    """One statement, whether the contact is known or not."""
    row = connection.execute(
        select(a.contact.c.account_id, t.account.c.first_name, t.account.c.last_name, a.password.c.argon2)
        .join(t.account, t.account.c.id == a.contact.c.account_id)
        .join(a.password, a.password.c.account_id == a.contact.c.account_id, isouter=True)
        .where(a.contact.c.address == address, t.account.c.closed_ms.is_(None))
    ).first()
    return None if row is None else Holder(row.account_id, row.first_name, row.last_name, row.argon2)


def holder(connection: Connection, account: int) -> Holder | None:
    row = connection.execute(
        select(t.account.c.id, t.account.c.first_name, t.account.c.last_name, a.password.c.argon2)
        .join(a.password, a.password.c.account_id == t.account.c.id, isouter=True)
        .where(t.account.c.id == account, t.account.c.closed_ms.is_(None))
    ).first()
    return None if row is None else Holder(row.id, row.first_name, row.last_name, row.argon2)


def add_contact(connection: Connection, account: int, kind: str, address: str, now: int) -> bool:
    """False when another profile holds it (R-3, R-7, R-8), also when that came about at the same moment."""
    statement = (
        upsert(connection, a.contact)
        .values(id=new_id(now), account_id=account, kind=kind, address=address, verified_ms=now)
        .on_conflict_do_nothing(index_elements=[a.contact.c.address])
    )
    return bool(connection.execute(statement).rowcount)


def set_password(connection: Connection, account: int, argon2: str, now: int) -> None:
    connection.execute(
        upsert(connection, a.password)
        .values(account_id=account, argon2=argon2, changed_ms=now)
        .on_conflict_do_update(index_elements=[a.password.c.account_id], set_={"argon2": argon2, "changed_ms": now})
    )


def knows_device(connection: Connection, account: int | None, device: str, now: int) -> bool:
    """D5. The statement is the same for an unknown contact (``account`` None)."""
    d = a.known_device.c
    row = connection.execute(
        select(d.seen_ms).where(d.account_id == (account or -1), d.token_sha256 == token_hash(device))
    ).first()
    return bool(device) and row is not None and row.seen_ms > now - DEVICE_MS


def remember_device(connection: Connection, account: int, device: str, now: int) -> None:
    d = a.known_device.c
    connection.execute(
        upsert(connection, a.known_device)
        .values(account_id=account, token_sha256=token_hash(device), seen_ms=now)
        .on_conflict_do_update(index_elements=[d.account_id, d.token_sha256], set_={"seen_ms": now})
    )


def forget_devices(connection: Connection, account: int) -> None:
    connection.execute(delete(a.known_device).where(a.known_device.c.account_id == account))


def accept_documents(connection: Connection, account: int, versions: Mapping[str, str], now: int) -> None:
    """R-40, E-17: the first acceptance of each version is what counts."""
    for document, version in versions.items():
        connection.execute(
            upsert(connection, a.accepted_document)
            .values(account_id=account, document=document, version=version, accepted_ms=now)
            .on_conflict_do_nothing()
        )


def documents_due(connection: Connection, account: int, versions: Mapping[str, str]) -> list[Document]:
    """Documents whose newest version the account has not accepted yet (E-17)."""
    d = a.accepted_document.c
    rows = connection.execute(select(d.document, d.version).where(d.account_id == account)).all()
    accepted = {(row.document, row.version) for row in rows}
    return [name for name in get_args(Document) if (name, versions[name]) not in accepted]


def end_sessions(tx: Transaction, account: int, *, but: int | None = None) -> int:
    """End every session of the account (save one); their sockets close on the events. How many."""
    s = t.session.c
    query = select(s.id).where(s.account_id == account, s.ended_ms.is_(None), s.expires_ms > tx.now)
    ended = [int(one) for one in tx.connection.execute(query).scalars() if one != but]
    if ended:
        tx.connection.execute(update(t.session).where(s.id.in_(ended)).values(ended_ms=tx.now))
    for one in ended:
        tell_session_ended(tx, account, one)
    return len(ended)


def tell_session_ended(tx: Transaction, account: int, session: int) -> None:
    ended = wire_id(session)
    tx.append_account(account, lambda seq, at: SessionEnded(seq=seq, ts=at, session=ended))


def bind_external(connection: Connection, issuer: str, subject: str, account: int, now: int) -> None:
    """R-10: the identity logs this account in from now on; nothing else of it is kept."""
    connection.execute(
        upsert(connection, a.external_identity)
        .values(issuer=issuer, subject=subject, account_id=account, created_ms=now)
        .on_conflict_do_nothing()
    )


def external_account(connection: Connection, issuer: str, subject: str) -> int | None:
    e = a.external_identity.c
    found = connection.execute(
        select(e.account_id)
        .join(t.account, t.account.c.id == e.account_id)
        .where(e.issuer == issuer, e.subject == subject, t.account.c.closed_ms.is_(None))
    ).scalar()
    return None if found is None else int(found)


def make_profile(connection: Connection, values: Mapping[str, Any], now: int) -> int:
    """A new account's row from its names, birth date and gender; its id."""
    account = new_id(now)
    connection.execute(insert(t.account).values(id=account, created_ms=now, **values))
    return account
