"""The desk as a whole (S29): which schools one keeps, their settings, their journal, and a student's data."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from rtserver.wire import desk as w
from rtserver.wire.errors import AppError
from rtserver.wire.family import ChildEdit
from rtserver.wire.school import Ok
from storage import school_tables as s
from storage import tables as t
from storage.ids import parse_id, wire_id

from .access import Standing
from .ages import known_zone
from .applications import waiting_count
from .duties import administers, check_administers, holds, led_classes, sees_desk
from .families import edit_person, tell_entry
from .hold import load_holds
from .journal import load_journal, record
from .names import clean_line
from .people import standing_of
from .ports import Transaction
from .relations import load_standings


def load_desks(connection: Connection, actor: int, now: int) -> w.Desks:
    who = standing_of(connection, actor)
    schools = sorted({r.school for r in who.roles if r.school is not None and sees_desk(who, r.school)})
    return w.Desks(desks=[load_desk(connection, who, school, now) for school in schools])


def load_desk(connection: Connection, who: Standing, school: int, now: int) -> w.Desk:
    row = connection.execute(select(t.school).where(t.school.c.id == school)).one()
    admin = administers(who, school)
    led = None if admin else sorted(led_classes(who, school))
    r, k, i = t.school_role.c, t.school_class.c, s.invite.c
    members = select(func.count(func.distinct(r.account_id))).where(r.school_id == school, r.until_ms.is_(None))
    classes = select(func.count()).select_from(t.school_class).where(k.school_id == school, k.archived_ms.is_(None))
    invites = (
        select(func.count())
        .select_from(s.invite)
        .where(i.school_id == school, i.revoked_ms.is_(None), i.expires_ms > now)
    )
    if led is not None:
        members = members.where(r.class_id.in_(led))
        classes = classes.where(k.id.in_(led))
        invites = invites.where(i.class_id.in_(led))
    return w.Desk(
        school=wire_id(school),
        school_name=row.name,
        time_zone=row.time_zone,
        admin=admin,
        waiting=waiting_count(connection, school, led),
        classes=connection.execute(classes).scalar_one(),
        members=connection.execute(members).scalar_one(),
        invites=connection.execute(invites).scalar_one(),
        students_find_other_classes=row.students_find_other_classes,
    )


def update_school(tx: Transaction, actor: int, school: int, change: w.SchoolUpdate) -> w.Desk:
    """Only what is named changes; each change stands in the journal."""
    who = standing_of(tx.connection, actor)
    check_administers(who, school)
    values: dict[str, object] = {}
    if change.name is not None:
        name = clean_line(change.name, 160)
        if not name:
            raise AppError("bad_request", detail="name")
        values["name"] = name
    if change.time_zone is not None:
        values["time_zone"] = known_zone(change.time_zone)
    if change.students_find_other_classes is not None:
        values["students_find_other_classes"] = change.students_find_other_classes
    if values:
        tx.connection.execute(update(t.school).where(t.school.c.id == school).values(**values))
        detail = ", ".join(f"{key}: {value}" for key, value in values.items())
        record(tx.connection, tx.now, school, actor, "school.updated", detail=detail)
    return load_desk(tx.connection, who, school, tx.now)


def load_own_journal(connection: Connection, actor: int, school: int, before: str, kind: str = "") -> w.Journal:
    """E-14: read by the school's administrators."""
    check_administers(standing_of(connection, actor), school)
    return load_journal(connection, school, before, kind=kind)


def edit_student(tx: Transaction, actor: int, school: int, account: str, edit: ChildEdit) -> Ok:
    """An administrator corrects a student's name or birth date; the journal says that, not from what to what."""
    check_administers(standing_of(tx.connection, actor), school)
    number = parse_id(account)
    student = load_standings(tx.connection, (number,)).get(number)
    if student is None or not holds(student, "student", school):
        raise AppError("person_unknown")
    before = load_holds(tx.connection, (number,), tx.now)[number]
    edit_person(tx, number, edit)
    record(tx.connection, tx.now, school, actor, "student.edited", target=number)
    tell_entry(tx, number, actor, was_held=bool(before))
    return Ok()
