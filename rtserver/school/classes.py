"""Classes of a school: make, rename, close, archive, and the year's roll-over 7А → 8А."""

from __future__ import annotations

import re
from collections import Counter

from sqlalchemy import Connection, func, insert, select, update

from rtserver.wire import desk as w
from rtserver.wire.errors import AppError
from rtserver.wire.school import ClassChip, ClassChips, Ok
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id

from .access import TEACHERS
from .ages import school_day
from .duties import administers, check_administers, check_desk, led_classes
from .journal import record
from .members import enter_school, follow_class, tell_roles
from .people import full_name, standing_of
from .ports import Transaction

CLASS_NAME = re.compile(r"\A(\d{1,2})[ -]?([А-ЯЁA-Z0-9]{0,4})\Z")
CLASSES_MAX = 300
"""Living classes of one school: the largest in the country have about 200."""
k = t.school_class.c


def class_name(text: str) -> tuple[str, int]:
    """A class's name as schools write it and its grade: ``7 а`` is 7А; ``class_name_invalid`` otherwise."""
    plain = text.strip().upper()
    found = CLASS_NAME.match(plain)
    if found is None or not 1 <= int(found[1]) <= 12:
        raise AppError("class_name_invalid")
    return re.sub(r"\A(\d+)\s+", r"\1", plain), int(found[1])


def next_name(name: str) -> str:
    """The same class a year later: 7А → 8А, 9-1 → 10-1."""
    return re.sub(r"\A\d+", lambda digits: str(int(digits[0]) + 1), name)


def load_chips(connection: Connection, school: int) -> ClassChips:
    """R-53: the classes one may apply to, by grade."""
    if connection.execute(select(t.school.c.id).where(t.school.c.id == school)).first() is None:
        raise AppError("school_unknown")
    rows = connection.execute(
        select(t.school_class).where(k.school_id == school, k.archived_ms.is_(None)).order_by(k.grade, k.name)
    )
    return ClassChips(
        classes=[ClassChip(id=wire_id(row.id), name=row.name, grade=row.grade, open=not row.closed) for row in rows]
    )


def load_classes(connection: Connection, actor: int, school: int) -> w.SchoolClasses:
    """S29: with teachers and numbers; class teachers see their own."""
    who = standing_of(connection, actor)
    check_desk(who, school)
    query = select(t.school_class).where(k.school_id == school).order_by(k.archived_ms.is_not(None), k.grade, k.name)
    if not administers(who, school):
        query = query.where(k.id.in_(sorted(led_classes(who, school))))
    rows = connection.execute(query).all()
    r, p = t.school_role.c, t.account.c
    students: Counter[int] = Counter()
    teachers: dict[int, list[w.Teaching]] = {}
    for row in connection.execute(
        select(r.id, r.class_id, r.account_id, r.role, r.subject, p.first_name, p.last_name)
        .join(t.account, p.id == r.account_id)
        .where(r.class_id.in_([row.id for row in rows]), r.until_ms.is_(None))
        .order_by(r.role, p.last_name)
    ):
        if row.role == "student":
            students[row.class_id] += 1
        else:
            teachers.setdefault(row.class_id, []).append(
                w.Teaching(
                    role_id=wire_id(row.id),
                    account=wire_id(row.account_id),
                    name=full_name(row.first_name, row.last_name),
                    role=row.role,
                    subject=row.subject,
                )
            )
    return w.SchoolClasses(
        classes=[
            w.SchoolClass(
                id=wire_id(row.id),
                name=row.name,
                grade=row.grade,
                open=not row.closed,
                archived=row.archived_ms is not None,
                students=students[row.id],
                teachers=teachers.get(row.id, []),
                chat=None if row.chat_id is None else wire_id(row.chat_id),
            )
            for row in rows
        ]
    )


def open_chat(tx: Transaction, actor: int, class_id: str) -> w.ClassChat:
    """S18: the chat of a class that one studies in or teaches, made when missing; ``class_unknown`` for others."""
    klass = parse_id(class_id)
    mine = any(r.klass == klass and r.role in ("student", *TEACHERS) for r in standing_of(tx.connection, actor).roles)
    if not mine:
        raise AppError("class_unknown")
    tx.open_room(klass)
    chat = follow_class(tx, actor, klass)
    if chat is None:
        raise AppError("class_unknown")
    return w.ClassChat(chat=wire_id(chat))


def make_class(tx: Transaction, actor: int, school: int, make: w.ClassMake) -> ClassChip:
    check_administers(standing_of(tx.connection, actor), school)
    name, grade = class_name(make.name)
    number = add_class(tx, school, name, grade)
    record(tx.connection, tx.now, school, actor, "class.created", klass=number, detail=name)
    return ClassChip(id=wire_id(number), name=name, grade=grade, open=True)


def add_class(tx: Transaction, school: int, name: str, grade: int) -> int:
    """A new class; ``class_exists`` when the name is taken. The school's row is locked against a second one."""
    tx.connection.execute(select(t.school.c.id).where(t.school.c.id == school).with_for_update(key_share=True)).one()
    if tx.connection.execute(select(k.id).where(k.school_id == school, k.name == name)).first() is not None:
        raise AppError("class_exists")
    living = tx.connection.execute(
        select(func.count()).select_from(t.school_class).where(k.school_id == school, k.archived_ms.is_(None))
    ).scalar_one()
    if living >= CLASSES_MAX:
        raise AppError("class_exists")
    number = new_id(tx.now)
    tx.connection.execute(insert(t.school_class).values(id=number, school_id=school, name=name, grade=grade))
    return number


def update_class(tx: Transaction, actor: int, school: int, class_id: str, change: w.ClassUpdate) -> Ok:
    """Rename, open or close for applications, archive an empty one. Its chat follows the name."""
    check_administers(standing_of(tx.connection, actor), school)
    row = tx.connection.execute(
        select(t.school_class).where(k.id == parse_id(class_id), k.school_id == school, k.archived_ms.is_(None))
    ).first()
    if row is None:
        raise AppError("class_unknown")
    if change.name is not None:
        name, grade = class_name(change.name)
        if name != row.name:
            taken = tx.connection.execute(select(k.id).where(k.school_id == school, k.name == name)).first()
            if taken is not None:
                raise AppError("class_exists")
            tx.connection.execute(update(t.school_class).where(k.id == row.id).values(name=name, grade=grade))
            tx.rename_room(row.id, name)
            record(tx.connection, tx.now, school, actor, "class.renamed", klass=row.id, detail=f"{row.name} → {name}")
    if change.open is not None and change.open == row.closed:
        tx.connection.execute(update(t.school_class).where(k.id == row.id).values(closed=not change.open))
        action = "class.opened" if change.open else "class.closed"
        record(tx.connection, tx.now, school, actor, action, klass=row.id)
    if change.archived:
        r = t.school_role.c
        if tx.connection.execute(
            select(r.id).where(r.class_id == row.id, r.role == "student", r.until_ms.is_(None)).limit(1)
        ).first():
            raise AppError("class_not_empty")
        current = tx.connection.execute(select(k.name).where(k.id == row.id)).scalar_one()
        archive(tx, school, row.id, current)
        record(tx.connection, tx.now, school, actor, "class.archived", klass=row.id, detail=current)
    return Ok()


def archive(tx: Transaction, school: int, klass: int, name: str) -> str:
    """Put a class away under a name of its year, so that the next 11А can be made. Its chat stays with its people."""
    zone = tx.connection.execute(select(t.school.c.time_zone).where(t.school.c.id == school)).scalar_one()
    year = school_day(tx.now, zone).year
    put_away = f"{name} {year}"[:16]
    number = 2
    while tx.connection.execute(select(k.id).where(k.school_id == school, k.name == put_away)).first() is not None:
        put_away = f"{name} {year}/{number}"[:16]
        number += 1
    tx.connection.execute(
        update(t.school_class).where(k.id == klass).values(name=put_away, closed=True, archived_ms=tx.now)
    )
    tx.rename_room(klass, put_away)
    r = t.school_role.c
    living = r.until_ms.is_(None)
    people = tx.connection.execute(select(r.account_id, r.role).where(r.class_id == klass, living)).all()
    tx.connection.execute(update(t.school_role).where(r.class_id == klass, living).values(until_ms=tx.now))
    teachers = {row.account_id for row in people if row.role != "student"}
    stay = set(
        tx.connection.execute(
            select(r.account_id).where(r.account_id.in_(sorted(teachers)), r.school_id == school, living)
        ).scalars()
    )
    for teacher in sorted(teachers - stay):  # whoever taught this class alone is still a teacher of the school
        enter_school(tx, teacher, school, "teacher", None, "")
    for account in sorted({row.account_id for row in people}):
        tell_roles(tx, account, school)
    return put_away


def roll_over(tx: Transaction, actor: int, school: int, roll: w.RollOver) -> w.RolledOver:
    """The new school year. Highest grade first, so that no name is taken on the way."""
    check_administers(standing_of(tx.connection, actor), school)
    rows = tx.connection.execute(
        select(t.school_class)
        .where(k.school_id == school, k.archived_ms.is_(None))
        .order_by(k.grade.desc(), k.name)
        .with_for_update(key_share=True)
    ).all()
    done = []
    for row in rows:
        last = row.grade >= roll.last_grade
        after = row.name if last else next_name(row.name)
        if not roll.dry_run:
            if last:
                after = archive(tx, school, row.id, row.name)
            else:
                tx.connection.execute(
                    update(t.school_class).where(k.id == row.id).values(name=after, grade=row.grade + 1)
                )
                tx.rename_room(row.id, after)
        done.append(w.RolledClass(class_id=wire_id(row.id), before=row.name, after=after, archived=last))
    if not roll.dry_run:
        record(tx.connection, tx.now, school, actor, "school.rolled_over", detail=f"{len(done)} classes")
    return w.RolledOver(dry_run=roll.dry_run, classes=done)
