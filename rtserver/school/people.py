"""Names, places and standing of people, loaded in bulk. Hides nothing: its callers ask the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, select

from rtserver.wire.errors import AppError
from rtserver.wire.school import Place
from storage import school_tables as s
from storage import tables as t
from storage.ids import wire_id

from .access import Standing
from .relations import load_standings


def full_name(first: str, last: str) -> str:
    return f"{first} {last}".strip()


def short_name(first: str, last: str) -> str:
    """R-27: «Алексей П.»"""
    return f"{first} {last[:1]}." if last else first


def names_of(connection: Connection, accounts: Collection[int]) -> dict[int | None, str]:
    """Full names by account."""
    a = t.account.c
    rows = connection.execute(select(a.id, a.first_name, a.last_name).where(a.id.in_(list(accounts))))
    return {row.id: full_name(row.first_name, row.last_name) for row in rows}


def standing_of(connection: Connection, account: int) -> Standing:
    """The asker's own standing; ``session_ended`` for a closed account."""
    standing = load_standings(connection, (account,)).get(account)
    if standing is None:
        raise AppError("session_ended")
    return standing


def places_of(connection: Connection, accounts: Collection[int]) -> dict[int, list[Place]]:
    """Roles in force, with the names of their schools and classes (R-80)."""
    r, k = t.school_role.c, t.school_class.c
    places: dict[int, list[Place]] = defaultdict(list)
    query = (
        select(r.account_id, r.role, r.subject, r.school_id, r.class_id, t.school.c.name, k.name.label("class_name"))
        .join(t.school, t.school.c.id == r.school_id)
        .join(t.school_class, k.id == r.class_id, isouter=True)
        .where(r.account_id.in_(list(accounts)), r.until_ms.is_(None))
        .order_by(t.school.c.name, k.grade, k.name)
    )
    for row in connection.execute(query):
        places[row.account_id].append(
            Place(
                school=wire_id(row.school_id),
                school_name=row.name,
                class_id=None if row.class_id is None else wire_id(row.class_id),
                class_name=row.class_name or "",
                role=row.role,
                subject=row.subject,
            )
        )
    return places


def avatars_of(connection: Connection, accounts: Collection[int]) -> dict[int, str]:
    """Paths of pictures, each with its version so that a new one is fetched."""
    c = s.avatar.c
    rows = connection.execute(select(c.account_id, c.version).where(c.account_id.in_(list(accounts))))
    return {row.account_id: f"/api/people/{wire_id(row.account_id)}/avatar?v={row.version}" for row in rows}
