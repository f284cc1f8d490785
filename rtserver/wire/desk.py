"""The administrator's desk on the HTTP API: classes, members, lists, journal. Decides nothing."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .school import ClassName, Gender, GrantedRole, Input, Relative, Subject, Title
from .types import Id, Ms, SchoolRole, Value

# --- the desk --------------------------------------------------------------------------------------------------


class Desk(Value, frozen=True, kw_only=True):
    """What S29 opens with; a class teacher's counts are of the own classes."""

    school: Id
    school_name: str
    time_zone: str
    admin: bool
    waiting: int
    classes: int
    members: int
    invites: int
    students_find_other_classes: bool


class Desks(Value, frozen=True, kw_only=True):
    desks: list[Desk]


class SchoolUpdate(Input, frozen=True, kw_only=True):
    name: Title | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    students_find_other_classes: bool | None = None


class Teaching(Value, frozen=True, kw_only=True):
    role_id: Id
    account: Id
    name: str
    role: SchoolRole
    subject: str


class SchoolClass(Value, frozen=True, kw_only=True):
    id: Id
    name: str
    grade: int
    open: bool
    archived: bool
    students: int
    teachers: list[Teaching]
    chat: Id | None


class SchoolClasses(Value, frozen=True, kw_only=True):
    classes: list[SchoolClass]


class ClassChat(Value, frozen=True, kw_only=True):
    """The class's chat; made when it was missing (J2)."""

    chat: Id


class ClassMake(Input, frozen=True, kw_only=True):
    name: ClassName


class ClassUpdate(Input, frozen=True, kw_only=True):
    name: ClassName | None = None
    open: bool | None = None
    archived: Literal[True] | None = None


class RollOver(Input, frozen=True, kw_only=True):
    """The new school year: 7А becomes 8А, the last grade is archived. ``dry_run`` only tells."""

    dry_run: bool = True
    last_grade: Annotated[int, msgspec.Meta(ge=4, le=12)] = 11


class RolledClass(Value, frozen=True, kw_only=True):
    class_id: Id
    before: str
    after: str
    archived: bool


class RolledOver(Value, frozen=True, kw_only=True):
    dry_run: bool
    classes: list[RolledClass]


class SchoolMemberRole(Value, frozen=True, kw_only=True):
    id: Id
    role: SchoolRole
    class_id: Id | None
    class_name: str
    subject: str


class SchoolMember(Value, frozen=True, kw_only=True):
    account: Id
    name: str
    birth_date: str
    roles: list[SchoolMemberRole]
    held: bool
    """Under 14 and not confirmed, or a parent withdrew consent."""
    parents: list[Relative] = msgspec.field(default_factory=list)
    first_name: str = ""
    last_name: str = ""
    patronymic: str = ""
    gender: Gender = ""
    """The parts of a student's data, for the form that corrects them; empty for grown-ups."""


class SchoolMembers(Value, frozen=True, kw_only=True):
    members: list[SchoolMember]
    total: int


class RoleGrant(Input, frozen=True, kw_only=True):
    role: GrantedRole
    class_id: Id | None = None
    subject: Subject = ""


class RoleGranted(Value, frozen=True, kw_only=True):
    id: Id


class MemberMove(Input, frozen=True, kw_only=True):
    from_class: Id
    to_class: Id


class JournalEntry(Value, frozen=True, kw_only=True):
    id: Id
    at: Ms
    actor: Id | None
    actor_name: str
    action: str
    target: Id | None
    target_name: str
    class_name: str
    detail: str


class Journal(Value, frozen=True, kw_only=True):
    entries: list[JournalEntry]
    before: Id | None
    """Send it back as ``before`` for the next page; null at the end."""


class ImportRow(Value, frozen=True, kw_only=True):
    """``outcome`` of one line of the list; ``code`` says what is wrong with a bad one."""

    line: int
    outcome: Literal["added", "updated", "same", "bad"]
    name: str
    class_name: str
    code: str = ""


class Imported(Value, frozen=True, kw_only=True):
    dry_run: bool
    encoding: str
    added: int
    updated: int
    same: int
    bad: int
    rows: list[ImportRow]
