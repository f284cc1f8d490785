"""Whether an account's entry is held (R-56, D6, D16). The decision is pure; ``load_holds`` brings its facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, select

from rtserver.wire.errors import AppError
from storage import school_tables as s
from storage import tables as t

from .ages import DEFAULT_ZONE, is_adult, needs_parent, school_day

HoldReason = Literal["", "under_14", "consent_withdrawn"]


@dataclass(frozen=True, slots=True)
class Consents:
    """Consents of the parents that are attached now."""

    given: int = 0
    withdrawn: int = 0


def decide_hold(birth_date: str | None, today: date, consents: Consents) -> HoldReason:
    """Held while under 14 without a parent's consent; a withdrawn one holds every child under 18 until it is given
    again or the school detaches that parent (D16).
    """
    if consents.withdrawn and not is_adult(birth_date, today):
        return "consent_withdrawn"
    if needs_parent(birth_date, today) and not consents.given:
        return "under_14"
    return ""


def load_holds(connection: Connection, accounts: Collection[int], now: int) -> dict[int, HoldReason]:
    """The reason for each account that exists; empty for those who may enter. Three statements for any number."""
    wanted = list(set(accounts))
    born = {
        row.id: row.birth_date
        for row in connection.execute(select(t.account.c.id, t.account.c.birth_date).where(t.account.c.id.in_(wanted)))
    }
    zones: dict[int, str] = {}
    for account, zone in connection.execute(
        select(t.school_role.c.account_id, t.school.c.time_zone)
        .join(t.school, t.school.c.id == t.school_role.c.school_id)
        .where(
            t.school_role.c.account_id.in_(wanted),
            t.school_role.c.role == "student",
            t.school_role.c.until_ms.is_(None),
        )
    ):
        zones.setdefault(account, zone)
    given: dict[int, set[int]] = defaultdict(set)
    withdrawn: dict[int, set[int]] = defaultdict(set)
    c, pc = s.consent.c, t.parent_child.c
    for child, parent, withdrawn_ms in connection.execute(
        select(c.child_id, c.parent_id, c.withdrawn_ms)
        .join(t.parent_child, (pc.child_id == c.child_id) & (pc.parent_id == c.parent_id))
        .where(c.child_id.in_(wanted))
    ):
        (given if withdrawn_ms is None else withdrawn)[child].add(parent)
    for child, parent in connection.execute(
        select(pc.child_id, pc.parent_id).where(pc.child_id.in_(wanted), pc.confirmed_ms > 0)
    ):
        if parent not in withdrawn[child]:
            given[child].add(parent)  # confirmed before consents had texts: the demo and imports of the operator
    return {
        one: decide_hold(
            birth_date,
            school_day(now, zones.get(one, DEFAULT_ZONE)),
            Consents(len(given[one]), len(withdrawn[one] - given[one])),
        )
        for one, birth_date in born.items()
    }


def check_entry(connection: Connection, account: int, now: int) -> None:
    """Raise ``parent_confirmation_needed`` or ``consent_withdrawn`` for a held account."""
    reason = load_holds(connection, (account,), now).get(account, "")
    if reason:
        raise AppError(hold_code(reason))


def hold_code(reason: HoldReason) -> str:
    return "consent_withdrawn" if reason == "consent_withdrawn" else "parent_confirmation_needed"
