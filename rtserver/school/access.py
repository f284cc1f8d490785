"""Who may find and write to whom (D17): one pure table of rules over the relations of two people. Loads nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from rtserver.wire.types import SchoolRole

STAFF: frozenset[SchoolRole] = frozenset({"admin", "class_teacher", "teacher", "staff"})
TEACHERS: frozenset[SchoolRole] = frozenset({"class_teacher", "teacher"})


@dataclass(frozen=True, slots=True)
class Role:
    """One role that is in force. ``school`` is None for an operator, ``klass`` for roles of the whole school."""

    role: SchoolRole
    school: int | None = None
    klass: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules need to know of one person."""

    account: int
    roles: tuple[Role, ...] = ()
    children: frozenset[int] = frozenset()
    parents: frozenset[int] = frozenset()
    child_classes: frozenset[int] = frozenset()
    """Classes of the confirmed children."""
    child_schools: frozenset[int] = frozenset()
    blocks: frozenset[int] = field(default=frozenset())


def _schools(who: Standing, roles: frozenset[SchoolRole]) -> set[int]:
    return {r.school for r in who.roles if r.role in roles and r.school is not None}


def _classes(who: Standing, roles: frozenset[SchoolRole]) -> set[int]:
    return {r.klass for r in who.roles if r.role in roles and r.klass is not None}


STUDENT: frozenset[SchoolRole] = frozenset({"student"})
ADMIN: frozenset[SchoolRole] = frozenset({"admin"})


def may_find(asker: Standing, other: Standing, open_schools: frozenset[int] = frozenset()) -> bool:
    """Whether ``asker`` may find ``other`` (D17). ``open_schools`` let students find other classes (off by default).

    Symmetric where the relation is (classmates, colleagues, teacher and class); an operator finds nobody.
    """
    if asker.account == other.account:
        return False
    return _reaches(asker, other, open_schools) or _reaches(other, asker, open_schools)


def _reaches(a: Standing, b: Standing, open_schools: frozenset[int]) -> bool:
    """The relations of D17, each written once from the side named first."""
    if b.account in a.children:  # parent and own child
        return True
    a_studies, b_studies = _classes(a, STUDENT), _classes(b, STUDENT)
    if a_studies & b_studies:  # classmates
        return True
    if a_studies and b_studies and _schools(a, STUDENT) & _schools(b, STUDENT) & open_schools:
        return True
    a_teaches = _classes(a, TEACHERS)
    if a_teaches & b_studies:  # teacher and student of an own class
        return True
    if a_teaches & b.child_classes:  # teacher and parent of an own student
        return True
    if _schools(a, STAFF) & _schools(b, STAFF):  # colleagues
        return True
    everyone = _schools(b, STAFF | STUDENT) | b.child_schools
    return bool(_schools(a, ADMIN) & everyone)  # an administrator and everybody in the own school


def write_refusal(asker: Standing, other: Standing, open_schools: frozenset[int] = frozenset()) -> str | None:
    """Why ``asker`` may not write to ``other``: an error code, or None. Strangers learn nothing of a block (E-14)."""
    if not may_find(asker, other, open_schools):
        return "person_unknown"
    if other.account in asker.blocks:
        return "blocked_by_you"
    if asker.account in other.blocks:
        return "blocked"
    return None
