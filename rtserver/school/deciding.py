"""Applications on the desk: who waits, approve, refuse with a reason, many at once, another class (R-33…R-35, R-55)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from rtserver.wire import family as wf
from rtserver.wire import school as w
from rtserver.wire.errors import AppError
from storage import school_tables as s
from storage import tables as t
from storage.ids import parse_id, wire_id

from .ages import is_adult, school_day
from .applications import lock_account, waiting_count
from .duties import administers, check_decides, check_desk, holds, led_classes, may_decide
from .invites import class_of_school
from .journal import record
from .members import enter_school
from .names import clean_line, fold_name
from .people import names_of, standing_of
from .ports import Transaction

UNTOUCHED = frozenset(
    {"application_unknown", "already_decided", "already_member", "class_unknown", "class_teacher_only"}
)
"""Refusals raised before anything of an application was written: the others of the batch stand."""


def load_desk_applications(
    connection: Connection, actor: int, school: int, status: str, now: int
) -> w.DeskApplications:
    """Oldest first while they wait, newest first afterwards; class teachers see students of their classes (D3)."""
    who = standing_of(connection, actor)
    check_desk(who, school)
    zone = connection.execute(select(t.school.c.time_zone).where(t.school.c.id == school)).scalar_one()
    today = school_day(now, zone)
    a, k, p = s.application.c, t.school_class.c, t.account.c
    query = (
        select(
            s.application,
            k.name.label("class_name"),
            p.first_name,
            p.last_name,
            p.patronymic,
            p.birth_date,
            p.name_fold,
        )
        .join(t.account, p.id == a.account_id)
        .join(t.school_class, k.id == a.class_id, isouter=True)
        .where(a.school_id == school)
        .limit(1_000)
    )
    if not administers(who, school):  # before the limit: others' applications must not hide these
        query = query.where(a.role == "student", a.class_id.in_(sorted(led_classes(who, school))))
    query = (
        query.where(a.status == "waiting").order_by(a.id)
        if status == "waiting"
        else query.where(a.status != "waiting").order_by(a.id.desc())
    )
    rows = [row for row in connection.execute(query) if may_decide(who, school, row.role, row.class_id)]
    names = names_of(connection, {row.decided_by for row in rows if row.decided_by is not None})
    listed = {
        (row.name_fold, row.birth_date, row.class_id)
        for row in connection.execute(
            select(s.roster.c.name_fold, s.roster.c.birth_date, s.roster.c.class_id).where(
                s.roster.c.school_id == school
            )
        )
    }
    classes = None if administers(who, school) else sorted(led_classes(who, school))
    return w.DeskApplications(
        waiting=waiting_count(connection, school, classes),
        applications=[
            w.DeskApplication(
                id=wire_id(row.id),
                account=wire_id(row.account_id),
                name=" ".join(filter(None, (row.last_name, row.first_name, row.patronymic))),
                birth_date=row.birth_date or "",
                role=row.role,
                class_id=None if row.class_id is None else wire_id(row.class_id),
                class_name=row.class_name or "",
                via="search" if row.invite_id is None else "invite",
                status=row.status,
                reason=row.reason,
                created=row.created_ms,
                decided=row.decided_ms,
                decided_by=names.get(row.decided_by, ""),
                adult=row.role == "student" and is_adult(row.birth_date, today),
                listed=(fold_name(row.first_name, row.last_name), row.birth_date, row.class_id) in listed,
            )
            for row in rows
        ],
    )


def decide_applications(tx: Transaction, actor: int, school: int, decide: w.ApplicationsDecide) -> w.Decisions:
    """Each for itself: one that somebody else has decided does not keep the others waiting."""
    check_desk(standing_of(tx.connection, actor), school)
    decisions = []
    reason = clean_line(decide.reason, 300)
    for application in dict.fromkeys(decide.applications):
        try:
            decisions.append(_decide_one(tx, actor, school, application, decide.approve, reason))
        except AppError as refusal:
            if refusal.code not in UNTOUCHED:
                raise
            decisions.append(
                w.Decision(
                    application=application,
                    status="waiting",
                    code=refusal.code,
                    by=str(refusal.fields.get("name", "")),
                )
            )
    if len(decisions) == 1 and decisions[0].code:
        raise AppError(decisions[0].code, **({"name": decisions[0].by} if decisions[0].by else {}))
    return w.Decisions(decisions=decisions)


def _decide_one(tx: Transaction, actor: int, school: int, application: str, approve: bool, reason: str) -> w.Decision:
    row = desk_application(tx, actor, school, application)
    lock_account(tx, row.account_id)
    a = s.application.c
    klass: int | None = row.class_id
    if approve and klass is not None:
        class_of_school(tx.connection, school, wire_id(klass))  # archived meanwhile: choose another
    if approve and row.role == "student" and holds(standing_of(tx.connection, row.account_id), "student", school):
        raise AppError("already_member")  # put into a class by hand meanwhile
    status: Any = "approved" if approve else "refused"
    tx.connection.execute(
        update(s.application)
        .where(a.id == row.id)
        .values(status=status, reason="" if approve else reason, decided_ms=tx.now, decided_by=actor)
    )
    chat: int | None = None
    if approve:
        chat = enter_school(tx, row.account_id, school, row.role, klass, "")
    record(
        tx.connection,
        tx.now,
        school,
        actor,
        f"application.{status}",
        target=row.account_id,
        klass=klass,
        detail=row.role if approve else f"{row.role}: {reason}".rstrip(": "),
    )
    names = tx.connection.execute(
        select(t.school.c.name, t.school_class.c.name.label("class_name"))
        .join(t.school_class, t.school_class.c.id == klass, isouter=True)
        .where(t.school.c.id == school)
    ).one()
    tx.append_account(
        row.account_id,
        lambda seq, at: wf.ApplicationDecided(
            seq=seq,
            ts=at,
            application=wire_id(row.id),
            school=wire_id(school),
            school_name=names.name,
            class_name=names.class_name or "",
            status=status,
            reason="" if approve else reason,
            chat=None if chat is None else wire_id(chat),
        ),
    )
    return w.Decision(application=application, status=status)


def desk_application(tx: Transaction, actor: int, school: int, application: str) -> Any:
    """A waiting application of that school which the actor may decide."""
    a = s.application.c
    row = tx.connection.execute(
        select(s.application).where(a.id == parse_id(application), a.school_id == school).with_for_update()
    ).first()
    if row is None:
        raise AppError("application_unknown")
    check_decides(standing_of(tx.connection, actor), school, row.role, row.class_id)
    if row.status == "withdrawn":
        raise AppError("application_unknown")
    if row.status != "waiting":
        name = names_of(tx.connection, [row.decided_by]).get(row.decided_by, "") if row.decided_by else ""
        raise AppError("already_decided", name=name)
    return row


def move_application(tx: Transaction, actor: int, school: int, application: str, move: w.ApplicationMove) -> w.Ok:
    """S29: the class can be changed before approval, by somebody who may decide in both classes."""
    row = desk_application(tx, actor, school, application)
    klass = class_of_school(tx.connection, school, move.class_id)
    assert klass is not None
    check_decides(standing_of(tx.connection, actor), school, row.role, klass.id)
    if klass.id != row.class_id:
        tx.connection.execute(update(s.application).where(s.application.c.id == row.id).values(class_id=klass.id))
        record(tx.connection, tx.now, school, actor, "application.moved", target=row.account_id, klass=klass.id)
    return w.Ok()
