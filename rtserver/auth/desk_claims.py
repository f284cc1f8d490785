"""D20 on the desk: an administrator sees the requests for numbers of the school's people, decides, and is recorded."""

from __future__ import annotations

from sqlalchemy import Connection, Select, or_, select

from rtserver.school.duties import check_administers
from rtserver.school.journal import record
from rtserver.school.people import names_of, standing_of
from rtserver.wire import desk_claims as w
from rtserver.wire.errors import AppError
from storage import auth_tables as a
from storage import tables as t
from storage.ids import parse_id, wire_id

from .claims import decide_claim, masked
from .ports import Transaction

SHOWN = 500
"""Requests are rare; more than these are no list that a person reads."""
c = a.contact_claim.c


def load_desk_claims(connection: Connection, actor: int, school: int) -> w.DeskClaims:
    check_administers(standing_of(connection, actor), school)
    rows = connection.execute(_of_school(school).order_by(c.id).limit(SHOWN)).all()
    names = names_of(connection, {row.owner_id for row in rows})
    return w.DeskClaims(
        claims=[
            w.DeskClaim(
                id=wire_id(row.id),
                account=wire_id(row.owner_id),
                name=names.get(row.owner_id, ""),
                masked=masked(row.address),
                asked=row.created_ms,
                free_at=row.due_ms,
            )
            for row in rows
        ]
    )


def decide_desk_claim(tx: Transaction, actor: int, school: int, claim: str, *, release: bool) -> None:
    """``claim_unknown`` for one that is decided, and for people of other schools alike (E-14)."""
    check_administers(standing_of(tx.connection, actor), school)
    row = tx.connection.execute(_of_school(school).where(c.id == parse_id(claim)).with_for_update()).first()
    if row is None:
        raise AppError("claim_unknown")
    decide_claim(tx, row, release=release, by=actor)
    action = "contact.released" if release else "contact.kept"
    record(tx.connection, tx.now, school, actor, action, target=row.owner_id)


def _of_school(school: int) -> Select[tuple[object, ...]]:
    """Waiting requests for numbers of members and of their students' parents."""
    r, pc = t.school_role.c, t.parent_child.c
    living = (r.school_id == school) & r.until_ms.is_(None)
    members = select(r.account_id).where(living)
    students = select(r.account_id).where(living, r.role == "student")
    parents = select(pc.parent_id).where(pc.child_id.in_(students))
    return select(a.contact_claim).where(c.status == "waiting", or_(c.owner_id.in_(members), c.owner_id.in_(parents)))
