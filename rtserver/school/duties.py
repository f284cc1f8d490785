"""What each role may do in a school (D3, D10, R-15, R-33) and whose fields one may read (D17, E-14): pure rules.

``access`` says who may find and write to whom; this table says who may administer, decide, invite and read. Loads
nothing.
"""

from __future__ import annotations

from typing import Literal

from rtserver.wire.errors import AppError
from rtserver.wire.types import SchoolRole

from .access import ADMIN, STUDENT, TEACHERS, Standing, may_find

Field = Literal["name", "places", "birth_date", "parents", "children"]
WHOLE_SCHOOL: frozenset[SchoolRole] = frozenset({"admin", "staff"})
"""Roles of the whole school; the others may name a class, students and class teachers must."""
OF_CLASS: frozenset[SchoolRole] = frozenset({"student", "class_teacher"})


def holds(who: Standing, role: SchoolRole, school: int, klass: int | None = None) -> bool:
    return any(r.role == role and r.school == school and (klass is None or r.klass == klass) for r in who.roles)


def administers(who: Standing, school: int) -> bool:
    return holds(who, "admin", school)


def led_classes(who: Standing, school: int) -> frozenset[int]:
    """Classes whose class teacher this is."""
    return frozenset(
        r.klass for r in who.roles if r.role == "class_teacher" and r.school == school and r.klass is not None
    )


def is_operator(who: Standing) -> bool:
    return any(r.role == "operator" for r in who.roles)


def sees_desk(who: Standing, school: int) -> bool:
    """S29: administrators see the school's desk, class teachers that of their classes."""
    return administers(who, school) or bool(led_classes(who, school))


def may_decide(who: Standing, school: int, role: SchoolRole, klass: int | None) -> bool:
    """D3: students by an administrator or the class teacher of the class named; others by an administrator only."""
    if administers(who, school):
        return True
    return role == "student" and klass is not None and klass in led_classes(who, school)


def may_invite(who: Standing, school: int, role: SchoolRole, klass: int | None) -> bool:
    """R-15, R-37: the same people who would decide the application that comes of it."""
    return may_decide(who, school, role, klass)


def check_administers(who: Standing, school: int) -> None:
    """Somebody outside learns no more than that the school is not theirs (E-14)."""
    if not administers(who, school):
        raise AppError("school_admin_only" if any(r.school == school for r in who.roles) else "not_in_school")


def check_desk(who: Standing, school: int) -> None:
    if not sees_desk(who, school):
        raise AppError("school_admin_only" if any(r.school == school for r in who.roles) else "not_in_school")


def check_decides(who: Standing, school: int, role: SchoolRole, klass: int | None) -> None:
    if not may_decide(who, school, role, klass):
        check_desk(who, school)
        raise AppError("class_teacher_only")


def readable_fields(viewer: Standing, other: Standing, open_schools: frozenset[int] = frozenset()) -> frozenset[Field]:
    """What of ``other`` the viewer may read; nothing at all of people one may not find (E-14).

    A birth date is the school's and the family's business: the administrators, the own class teachers and the own
    parents. Parents are shown to each other's child, to the teachers of the child and to the administrators; a
    parent's children to the same teachers and administrators.
    """
    if viewer.account == other.account:
        return frozenset({"name", "places", "birth_date", "parents", "children"})
    if not may_find(viewer, other, open_schools):
        return frozenset()
    fields: set[Field] = {"name", "places"}
    studies = {r.klass for r in other.roles if r.role in STUDENT}
    schools = {r.school for r in other.roles if r.role in STUDENT}
    admin_of = {r.school for r in viewer.roles if r.role in ADMIN}
    teaches = {r.klass for r in viewer.roles if r.role in TEACHERS and r.klass is not None}
    leads = {r.klass for r in viewer.roles if r.role == "class_teacher" and r.klass is not None}
    own_child = other.account in viewer.children
    if own_child or admin_of & schools or leads & studies:
        fields.add("birth_date")
    if own_child or admin_of & schools or teaches & studies:
        fields.add("parents")
    if admin_of & other.child_schools or teaches & other.child_classes:
        fields.add("children")
    return frozenset(fields)


def block_refusal(asker: Standing, other: Standing, open_schools: frozenset[int] = frozenset()) -> str | None:
    """R-81: one may block whomever one may find. It acts on direct chats and direct calls alone (D17)."""
    if asker.account == other.account:
        return "block_self"
    return None if may_find(asker, other, open_schools) else "person_unknown"


def check_role(role: SchoolRole, klass: int | None) -> None:
    """Students and class teachers belong to a class, administrators and staff to the whole school."""
    if role in OF_CLASS and klass is None:
        raise AppError("class_required")
    if role in WHOLE_SCHOOL and klass is not None:
        raise AppError("bad_request", detail="class_id")
