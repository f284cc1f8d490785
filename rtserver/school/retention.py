"""Deletes what its time has passed (E-17): decided applications, old journal entries, reports of messages, children
whom nobody confirmed. Runs once an hour; every bound stands in config.toml.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, select, update

from rtserver.wire.chat import SessionEnded
from storage import auth_tables as login
from storage import school_tables as s
from storage import tables as t
from storage.ids import wire_id

from .closing import leave_schools
from .hold import load_holds
from .ports import Transaction
from .settings import SchoolSettings

BATCH = 500
"""Rows of one kind in one transaction: posts wait behind it."""


class Swept(NamedTuple):
    applications: int
    journal: int
    reports: int
    accounts: int


def sweep(tx: Transaction, settings: SchoolSettings) -> Swept:
    """One bounded step; the caller repeats it while something is found."""
    a, j = s.application.c, s.journal.c
    old = select(a.id).where(a.status != "waiting", a.decided_ms < tx.now - settings.applications_keep_ms).limit(BATCH)
    applications = tx.connection.execute(delete(s.application).where(a.id.in_(old))).rowcount
    passed = select(j.id).where(j.ts_ms < tx.now - settings.journal_keep_ms).limit(BATCH)
    journal = tx.connection.execute(delete(s.journal).where(j.id.in_(passed))).rowcount
    c = t.report.c
    told = select(c.id).where(c.created_ms < tx.now - settings.reports_keep_ms).limit(BATCH)
    reports = tx.connection.execute(delete(t.report).where(c.id.in_(told))).rowcount
    return Swept(applications, journal, reports, _close_unconfirmed(tx, settings))


def _close_unconfirmed(tx: Transaction, settings: SchoolSettings) -> int:
    """Close accounts under 14 that waited for a parent too long; their names and dates go, their id stays."""
    p, pc = t.account.c, t.parent_child.c
    candidates = list(
        tx.connection.execute(
            select(p.id)
            .where(
                p.closed_ms.is_(None),
                p.birth_date.is_not(None),
                p.created_ms < tx.now - settings.unconfirmed_keep_ms,
                p.birth_date > "1900",
                p.id.not_in(select(pc.child_id)),
                p.id.not_in(select(s.consent.c.child_id)),
            )
            .order_by(p.birth_date.desc())  # the youngest first: only they can be held
            .limit(BATCH)
        ).scalars()
    )
    holds = load_holds(tx.connection, candidates, tx.now)
    gone = [one for one in candidates if holds.get(one) == "under_14"]
    for account in gone:
        leave_schools(tx, account)
        tx.leave_rooms(account)
        tx.connection.execute(delete(s.application).where(s.application.c.account_id == account))
        for table in (
            login.contact,
            login.password,
            login.known_device,
            login.external_identity,
        ):  # the number is free again
            tx.connection.execute(delete(table).where(table.c.account_id == account))
        _end_sessions(tx, account)
        tx.connection.execute(
            update(t.account)
            .where(p.id == account)
            .values(
                first_name="", last_name="", patronymic="", name_fold="", birth_date=None, gender="", closed_ms=tx.now
            )
        )
    return len(gone)


def _end_sessions(tx: Transaction, account: int) -> None:
    """A socket that waits for the parent's word is cut by the event."""
    c = t.session.c
    open_ones = tx.connection.execute(select(c.id).where(c.account_id == account, c.ended_ms.is_(None))).scalars().all()
    tx.connection.execute(update(t.session).where(c.id.in_(open_ones)).values(ended_ms=tx.now))
    for session in open_ones:
        ended = wire_id(session)
        tx.append_account(account, lambda seq, at, ended=ended: SessionEnded(seq=seq, ts=at, session=ended))  # type: ignore[misc] # bound now
