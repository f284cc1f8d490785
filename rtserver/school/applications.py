"""Applications to a school, by invite or by search (R-30…R-35, R-46…R-55), from the applicant's side.

An application grants nothing; declining makes none. Deciding stands in ``deciding``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from rtserver.wire import school as w
from rtserver.wire.errors import AppError
from storage import school_tables as s
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id

from .duties import check_role, holds
from .invites import class_of_school, count_use, living_invite
from .links import LinkKey
from .people import standing_of
from .ports import Transaction
from .settings import DAY_MS, SchoolSettings


def apply_to_school(
    tx: Transaction, actor: int, make: w.ApplicationMake, key: LinkKey, settings: SchoolSettings
) -> w.Application:
    """R-32, R-54: one waiting application for each school, role and person."""
    lock_account(tx, actor)
    invite: int | None = None
    if make.invite:
        row = living_invite(tx.connection, key.read(make.invite, "invite"), tx.now)
        school, role, invite = int(row.school_id), row.role, int(row.id)
        class_id = None if row.class_id is None else wire_id(row.class_id)
    else:
        school, role, class_id = parse_id(make.school or ""), make.role, make.class_id
        if tx.connection.execute(select(t.school.c.id).where(t.school.c.id == school)).first() is None:
            raise AppError("school_unknown")
    klass = class_of_school(tx.connection, school, class_id)
    class_number = None if klass is None else int(klass.id)
    check_role(role, class_number)
    if klass is not None and klass.closed and invite is None:
        raise AppError("class_closed")
    who = standing_of(tx.connection, actor)
    if holds(who, role, school, class_number if role == "student" else None):
        raise AppError("already_member")
    if role == "student" and holds(who, "student", school):
        raise AppError("already_member")  # another class is a move, which the school makes
    a = s.application.c
    waiting = tx.connection.execute(
        select(a.school_id, a.role).where(a.account_id == actor, a.status == "waiting")
    ).all()
    if any(row.school_id == school and row.role == role for row in waiting):
        raise AppError("application_exists")
    if len(waiting) >= settings.applications_waiting:
        raise AppError("application_exists")
    lately = tx.connection.execute(
        select(func.count()).select_from(s.application).where(a.account_id == actor, a.created_ms > tx.now - DAY_MS)
    ).scalar_one()
    if lately >= settings.applications_day:
        raise AppError("rate_limited", seconds=3600)
    if invite is not None:
        count_use(tx, invite)
    number = new_id(tx.now)
    tx.connection.execute(
        insert(s.application).values(
            id=number,
            school_id=school,
            class_id=class_number,
            account_id=actor,
            role=role,
            invite_id=invite,
            status="waiting",
            created_ms=tx.now,
        )
    )
    return own_applications(tx.connection, actor, only=number)[0]


def decline_invite(connection: Connection, token: str, key: LinkKey, now: int) -> w.Ok:
    """R-31: nothing is created; a dead link says so."""
    living_invite(connection, key.read(token, "invite"), now)
    return w.Ok()


def withdraw_application(tx: Transaction, actor: int, application: str) -> w.Ok:
    """S12: the applicant takes it back while it waits."""
    a = s.application.c
    row = tx.connection.execute(
        select(s.application).where(a.id == parse_id(application), a.account_id == actor).with_for_update()
    ).first()
    if row is None:
        raise AppError("application_unknown")
    if row.status == "withdrawn":
        return w.Ok()
    if row.status != "waiting":
        raise AppError("already_decided", name="")
    tx.connection.execute(update(s.application).where(a.id == row.id).values(status="withdrawn", decided_ms=tx.now))
    return w.Ok()


def own_applications(connection: Connection, actor: int, *, only: int | None = None) -> list[w.Application]:
    """The actor's own, newest first (S12)."""
    a, k = s.application.c, t.school_class.c
    query = (
        select(s.application, t.school.c.name.label("school_name"), k.name.label("class_name"), k.chat_id)
        .join(t.school, t.school.c.id == a.school_id)
        .join(t.school_class, k.id == a.class_id, isouter=True)
        .where(a.account_id == actor)
        .order_by(a.id.desc())
        .limit(50)
    )
    if only is not None:
        query = query.where(a.id == only)
    return [_wire(row) for row in connection.execute(query)]


def _wire(row: Any) -> w.Application:
    inside = row.status == "approved" and row.role == "student" and row.chat_id is not None
    return w.Application(
        id=wire_id(row.id),
        school=wire_id(row.school_id),
        school_name=row.school_name,
        class_id=None if row.class_id is None else wire_id(row.class_id),
        class_name=row.class_name or "",
        role=row.role,
        status=row.status,
        reason=row.reason,
        created=row.created_ms,
        decided=row.decided_ms,
        chat=wire_id(row.chat_id) if inside else None,
    )


def lock_account(tx: Transaction, account: int) -> None:
    """Two tabs and two processes ask one after the other. Before anything else is written: a row that names the account
    and an event of its log, in another order in another process, would wait for each other for ever.
    ``key_share``: rows that name the account, a message's say, do not wait for it.
    """
    tx.connection.execute(
        select(t.account.c.id).where(t.account.c.id == account).with_for_update(key_share=True)
    ).first()


def waiting_count(connection: Connection, school: int, classes: Sequence[int] | None) -> int:
    """Applications that wait in a school, or in these classes of it as students."""
    a = s.application.c
    query = select(func.count()).select_from(s.application).where(a.school_id == school, a.status == "waiting")
    if classes is not None:
        query = query.where(a.role == "student", a.class_id.in_(list(classes)))
    return int(connection.execute(query).scalar_one())
