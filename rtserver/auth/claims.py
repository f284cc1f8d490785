"""«The number used to be someone else's» (D20): a request of which the old account is told for seven days.

Nothing is detached at once. Without an objection the number is released when the days are over, at the next right
code for it; the old account or its administrator may decide earlier.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage.ids import new_id, parse_id, wire_id

from . import people
from .contacts import mask_contact
from .ports import Transaction
from .settings import AuthSettings

REFUSED_MS = 90 * 24 * 3600 * 1000
"""After a «no» the same number is not asked for again for 90 days."""


def make_claim(tx: Transaction, address: str, settings: AuthSettings) -> AppError | None:
    """A waiting request, or the one that waits already; ``claim_refused`` after a «no»."""
    holder = people.holder_of(tx.connection, address)
    if holder is None:
        return AppError("flow_step", state="code")
    c = a.contact_claim.c
    last = tx.connection.execute(
        select(a.contact_claim).where(c.address == address).order_by(c.id.desc()).limit(1).with_for_update()
    ).first()
    if last is not None and last.owner_id == holder.account:
        if last.status == "waiting":
            return None
        if last.status == "refused" and tx.now < (last.decided_ms or 0) + REFUSED_MS:
            return AppError("claim_refused", support=settings.support)
    number, due = new_id(tx.now), tx.now + settings.claim_ms
    tx.connection.execute(
        insert(a.contact_claim).values(
            id=number, address=address, owner_id=holder.account, status="waiting", created_ms=tx.now, due_ms=due
        )
    )
    shown, told = masked(address), wire_id(number)
    tx.append_account(
        holder.account, lambda seq, at: w.ContactClaimed(seq=seq, ts=at, claim=told, masked=shown, free_at=due)
    )
    return None


def free_at(connection: Connection, address: str) -> int | None:
    """When the number of a waiting request becomes free."""
    c = a.contact_claim.c
    due = connection.execute(select(func.min(c.due_ms)).where(c.address == address, c.status == "waiting")).scalar()
    return None if due is None else int(due)


def release_due(tx: Transaction, address: str) -> None:
    """Detach the number whose request waited its days without an objection. One statement when there is none."""
    c = a.contact_claim.c
    due = tx.connection.execute(
        select(a.contact_claim).where(c.address == address, c.status == "waiting", c.due_ms <= tx.now).with_for_update()
    ).first()
    if due is not None:
        _release(tx, due.id, due.owner_id, address, None)


def waiting_claims(connection: Connection, account: int) -> list[w.Claim]:
    c = a.contact_claim.c
    rows = connection.execute(
        select(a.contact_claim).where(c.owner_id == account, c.status == "waiting").order_by(c.id)
    )
    return [
        w.Claim(
            id=wire_id(row.id),
            masked=masked(row.address),
            asked=row.created_ms,
            free_at=row.due_ms,
        )
        for row in rows
    ]


def answer_claim(tx: Transaction, actor: int, claim: str, *, release: bool) -> None:
    """The owner decides; ``claim_unknown`` for anybody else. Administrators do it on their desk (``desk_claims``)."""
    c = a.contact_claim.c
    row = tx.connection.execute(
        select(a.contact_claim)
        .where(c.id == parse_id(claim), c.owner_id == actor, c.status == "waiting")
        .with_for_update()
    ).first()
    if row is None:
        raise AppError("claim_unknown")
    decide_claim(tx, row, release=release, by=actor)


def decide_claim(tx: Transaction, row: Row[Any], *, release: bool, by: int) -> None:
    """A waiting request ends. Asks no right."""
    if release:
        _release(tx, row.id, row.owner_id, row.address, by)
    else:
        _decide(tx, row.id, "refused", by)


def masked(address: str) -> str:
    return mask_contact("email" if "@" in address else "phone", address)


def _release(tx: Transaction, claim: int, owner: int, address: str, by: int | None) -> None:
    """The number leaves the old profile, which stays as it is: its data is never opened to the new holder."""
    tx.connection.execute(delete(a.contact).where(a.contact.c.address == address, a.contact.c.account_id == owner))
    people.forget_devices(tx.connection, owner)
    people.end_sessions(tx, owner)
    _decide(tx, claim, "granted", by)


def _decide(tx: Transaction, claim: int, status: str, by: int | None) -> None:
    c = a.contact_claim.c
    tx.connection.execute(
        update(a.contact_claim).where(c.id == claim).values(status=status, decided_by=by, decided_ms=tx.now)
    )
