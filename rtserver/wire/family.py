"""Families, profiles, contacts and Home on the HTTP API, and the events of an account's own log. Decides nothing."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .chat import AccountEvent
from .school import Application, Date, Gender, Input, Name, Place, Relative
from .types import Id, Ms, SchoolRole, Value

# --- families --------------------------------------------------------------------------------------------------


class ParentLink(Value, frozen=True, kw_only=True):
    """R-57: the child's link for a parent. ``url`` is empty when there are two parents already."""

    url: str
    expires: Ms
    parents: int
    parents_max: int


class ParentLinkCheck(Value, frozen=True, kw_only=True):
    """S15 before log-in: the first name and initial only. ``viewer`` says how to go on."""

    child_name: str
    expires: Ms
    viewer: Literal["nobody", "other", "parent"]


class ChildData(Value, frozen=True, kw_only=True):
    """S17: the five prefilled fields (R-63) and the consent's text."""

    child: Id
    first_name: str
    last_name: str
    patronymic: str
    gender: Gender
    birth_date: str
    consent_version: str
    consent_text: str
    consent_text_en: str


class ChildEdit(Input, frozen=True, kw_only=True):
    first_name: Name
    last_name: Name
    patronymic: Annotated[str, msgspec.Meta(max_length=80)] = ""
    gender: Gender = ""
    birth_date: Date


class ChildConfirm(Input, frozen=True, kw_only=True):
    """R-64, R-65: the corrected data and the tick. The version is that of the text that was shown."""

    child: ChildEdit | None = None
    consent: bool = False
    consent_version: Annotated[str, msgspec.Meta(max_length=32)] = ""


class ChildCard(Value, frozen=True, kw_only=True):
    """R-66: «Алексей Петров», «7А, Гимназия №1»."""

    account: Id
    name: str
    places: list[Place]
    held: bool
    consented: bool


class Family(Value, frozen=True, kw_only=True):
    children: list[ChildCard]
    parents: list[Relative]
    can_invite: bool


class Hold(Value, frozen=True, kw_only=True):
    """S14: why entry is held. The child's link is asked for beside it."""

    held: bool
    reason: Literal["", "under_14", "consent_withdrawn"]


# --- profiles, home, contacts ----------------------------------------------------------------------------------


class OwnProfile(Value, frozen=True, kw_only=True):
    account: Id
    first_name: str
    last_name: str
    patronymic: str
    gender: Gender
    birth_date: str
    avatar: str
    """Path of the picture, or empty."""
    places: list[Place]
    roles: list[SchoolRole]
    children: list[ChildCard]
    parents: list[Relative]
    applications: list[Application]
    can_edit_birth_date: bool


class ProfileEdit(Input, frozen=True, kw_only=True):
    first_name: Name
    last_name: Name
    patronymic: Annotated[str, msgspec.Meta(max_length=80)] = ""
    gender: Gender = ""
    birth_date: Date | None = None


class PersonProfile(Value, frozen=True, kw_only=True):
    """Somebody else, as far as the viewer may see: an empty field may be closed or unset, nobody can tell which."""

    account: Id
    name: str
    short_name: str
    avatar: str
    places: list[Place]
    roles: list[SchoolRole]
    birth_date: str
    parents: list[Relative]
    children: list[Relative]
    can_write: bool
    can_call: bool
    can_block: bool
    blocked: bool


class Avatar(Value, frozen=True, kw_only=True):
    url: str


class Contact(Value, frozen=True, kw_only=True):
    account: Id
    name: str
    short_name: str
    avatar: str
    about: str
    """«Математика», «7А»: what the asker knows the person by."""
    can_write: bool


class ContactGroup(Value, frozen=True, kw_only=True):
    """``key``: classmates, teachers, child_teachers, family, students, parents, colleagues, administrators."""

    key: str
    title: str
    title_en: str
    contacts: list[Contact]


class Contacts(Value, frozen=True, kw_only=True):
    groups: list[ContactGroup]


class Blocked(Value, frozen=True, kw_only=True):
    account: Id
    name: str
    since: Ms


class Blacklist(Value, frozen=True, kw_only=True):
    people: list[Blocked]


class HomeClass(Value, frozen=True, kw_only=True):
    """A tile of «Мои классы»; ``teach`` says that the viewer teaches it."""

    id: Id
    name: str
    school: Id
    school_name: str
    chat: Id | None
    students: int
    teach: bool
    subject: str


class Home(Value, frozen=True, kw_only=True):
    """R-83. ``attention`` counts waiting applications for those who decide them."""

    name: str
    roles: list[SchoolRole]
    classes: list[HomeClass]
    classes_total: int
    children: list[ChildCard]
    attention: int
    schools: int


# --- events of the account's own log ---------------------------------------------------------------------------


class ApplicationDecided(AccountEvent, frozen=True, kw_only=True, tag="application.decided"):
    """R-54, R-55: told to the applicant at once."""

    application: Id
    school: Id
    school_name: str
    class_name: str
    status: Literal["approved", "refused"]
    reason: str
    chat: Id | None


class EntryChanged(AccountEvent, frozen=True, kw_only=True, tag="entry.changed"):
    """Entry is held or open again; ``by_name`` is the parent.

    Connections are cut after it and come back by themselves.
    """

    held: bool
    by_name: str


class FamilyChanged(AccountEvent, frozen=True, kw_only=True, tag="family.changed"):
    """A parent was attached or detached, told to the child and to the parents (D16)."""

    change: Literal["attached", "detached", "consent_withdrawn", "consent_given"]
    child: Id
    parent: Id
    parent_name: str


class RolesChanged(AccountEvent, frozen=True, kw_only=True, tag="roles.changed"):
    """Roles or classes of the account changed: ask ``/api/home`` anew."""

    school: Id


class BlockChanged(AccountEvent, frozen=True, kw_only=True, tag="block.changed"):
    account: Id
    blocked: bool
