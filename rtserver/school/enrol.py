"""Puts people into schools and classes: rows only, for the operator's commands and the demo. Asks no right."""

from __future__ import annotations

import re

from sqlalchemy import Connection, insert, select

from rtserver.wire.types import SchoolRole
from storage import tables as t
from storage.ids import new_id


def school_named(connection: Connection, name: str, now: int, time_zone: str = "Europe/Moscow") -> int:
    """The school's id; made when missing."""
    found = connection.execute(select(t.school.c.id).where(t.school.c.name == name)).scalar()
    if found is not None:
        return int(found)
    school = new_id(now)
    connection.execute(insert(t.school).values(id=school, name=name, time_zone=time_zone, created_ms=now))
    return school


def class_named(connection: Connection, school: int, name: str, now: int) -> int:
    """The class's id; made when missing. The grade is the number its name begins with."""
    c = t.school_class.c
    found = connection.execute(select(c.id).where(c.school_id == school, c.name == name)).scalar()
    if found is not None:
        return int(found)
    klass = new_id(now)
    digits = re.match(r"\d+", name)
    grade = int(digits.group()) if digits else 0
    connection.execute(insert(t.school_class).values(id=klass, school_id=school, name=name, grade=grade))
    return klass


def enrol(
    connection: Connection, account: int, role: SchoolRole, school: str, klass: str, subject: str, now: int
) -> tuple[int | None, int | None]:
    """Give an account one role (D10); the ids of its school and class."""
    school_id = school_named(connection, school, now) if school else None
    class_id = class_named(connection, school_id, klass, now) if klass and school_id is not None else None
    connection.execute(
        insert(t.school_role).values(
            id=new_id(now),
            account_id=account,
            school_id=school_id,
            class_id=class_id,
            role=role,
            subject=subject,
            since_ms=now,
        )
    )
    return school_id, class_id
