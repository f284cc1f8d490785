"""Schools on the HTTP API: localities, schools, classes, invites, applications, the administrator's desk.

Inputs refuse unknown fields; answers are ``Value`` Structs whose readers ignore fields they do not know. Ids are opaque
strings, times unix milliseconds, dates ISO. Decides nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .types import Id, Ms, SchoolRole, Value

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=160)]
Reason = Annotated[str, msgspec.Meta(max_length=300)]
Date = Annotated[str, msgspec.Meta(pattern=r"\A\d{4}-\d{2}-\d{2}\Z", description="ISO date")]
ClassName = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
Subject = Annotated[str, msgspec.Meta(max_length=80)]
Gender = Literal["male", "female", ""]
GrantedRole = Literal["admin", "class_teacher", "teacher", "student", "staff"]
"""Roles inside a school; parents come by their children, operators by the command line."""
AppliedRole = Literal["student", "teacher", "staff"]
ApplicationStatus = Literal["waiting", "approved", "refused", "withdrawn"]
InviteState = Literal["active", "expired", "revoked", "used_up"]


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of request bodies."""


class Empty(Input, frozen=True, kw_only=True):
    """A request without fields."""


class Ok(Value, frozen=True, kw_only=True):
    """Nothing to say beside success."""

    ok: bool = True


# --- places and schools ----------------------------------------------------------------------------------------


class Country(Value, frozen=True, kw_only=True):
    code: str
    name: str
    name_en: str


class Countries(Value, frozen=True, kw_only=True):
    countries: list[Country]


class Locality(Value, frozen=True, kw_only=True):
    """A city, town, settlement or village; ``population`` 0 means unknown."""

    id: Id
    name: str
    district: str
    region: str
    population: int
    time_zone: str


class Localities(Value, frozen=True, kw_only=True):
    """The biggest without a query (R-49), else every match: prefixes first, then near spellings, by population.

    ``hint`` is R-50's: search the exact place, not the district centre.
    """

    localities: list[Locality]
    hint: str
    hint_en: str


class SchoolCard(Value, frozen=True, kw_only=True):
    id: Id
    name: str
    locality: str


class SchoolList(Value, frozen=True, kw_only=True):
    """Organisations of one locality (R-48). An empty list comes with who must apply (R-51)."""

    schools: list[SchoolCard]
    missing: str
    missing_en: str


class ClassChip(Value, frozen=True, kw_only=True):
    """A class one may apply to; ``open`` false takes no applications."""

    id: Id
    name: str
    grade: int
    open: bool


class ClassChips(Value, frozen=True, kw_only=True):
    classes: list[ClassChip]


class SchoolRequestMake(Input, frozen=True, kw_only=True):
    """R-52: a class teacher or head asks to register the school. A place that is missing is named in ``place``."""

    name: Title
    country: Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{2}\Z")] = "RU"
    locality: Id | None = None
    place: Annotated[str, msgspec.Meta(max_length=200)] = ""
    number: Annotated[str, msgspec.Meta(max_length=40)] = ""
    position: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    contact: Annotated[str, msgspec.Meta(min_length=3, max_length=160)]


class SchoolRequest(Value, frozen=True, kw_only=True):
    number: int
    name: str
    place: str
    status: Literal["waiting", "approved", "refused"]
    reason: str
    created: Ms
    position: str
    contact: str
    school_number: str = ""
    applicant: str = ""
    applicant_name: str = ""
    school: Id | None = None


class SchoolRequests(Value, frozen=True, kw_only=True):
    requests: list[SchoolRequest]


class RequestRefuse(Input, frozen=True, kw_only=True):
    reason: Reason = ""


# --- invites and applications ----------------------------------------------------------------------------------


class InviteCheck(Value, frozen=True, kw_only=True):
    """R-16: what the check screen shows before anything is asked. ``email_allowed``: grades 1-4 (R-6, D2)."""

    school: Id
    school_name: str
    class_id: Id | None
    class_name: str
    grade: int
    role: AppliedRole
    invited_by: str
    expires: Ms
    email_allowed: bool
    named_first: str = ""
    named_last: str = ""
    """The pupil whom a named invite of an imported list is for."""


class InviteMake(Input, frozen=True, kw_only=True):
    role: AppliedRole = "student"
    class_id: Id | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7
    uses: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None


class Invite(Value, frozen=True, kw_only=True):
    """``url`` can be shown again at any time: it is derived, not stored."""

    id: Id
    url: str
    role: AppliedRole
    class_id: Id | None
    class_name: str
    state: InviteState
    created: Ms
    created_by: str
    expires: Ms
    used: int
    uses: int | None
    named: str = ""


class Invites(Value, frozen=True, kw_only=True):
    invites: list[Invite]


class ApplicationMake(Input, frozen=True, kw_only=True):
    """Either an invite's token, or a school with a role and, for students, a class."""

    invite: Annotated[str, msgspec.Meta(max_length=200)] = ""
    school: Id | None = None
    class_id: Id | None = None
    role: AppliedRole = "student"


class Application(Value, frozen=True, kw_only=True):
    """One's own application as S12 shows it. No names of the school's people before approval (R-35)."""

    id: Id
    school: Id
    school_name: str
    class_id: Id | None
    class_name: str
    role: AppliedRole
    status: ApplicationStatus
    reason: str
    created: Ms
    decided: Ms | None
    chat: Id | None = None
    """The class chat, once approved."""


class Applications(Value, frozen=True, kw_only=True):
    applications: list[Application]


class DeskApplication(Value, frozen=True, kw_only=True):
    """An application as those who decide see it. ``adult``: looks like an adult applying as a student (R-12)."""

    id: Id
    account: Id
    name: str
    birth_date: str
    role: AppliedRole
    class_id: Id | None
    class_name: str
    via: Literal["invite", "search"]
    status: ApplicationStatus
    reason: str
    created: Ms
    decided: Ms | None
    decided_by: str
    adult: bool
    listed: bool
    """The name and birth date stand in the imported list of the class."""


class DeskApplications(Value, frozen=True, kw_only=True):
    applications: list[DeskApplication]
    waiting: int


class ApplicationsDecide(Input, frozen=True, kw_only=True):
    """Approve or refuse many at once. The undo window belongs to the client: it sends after 5 s."""

    applications: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=200)]
    approve: bool
    reason: Reason = ""


class Decision(Value, frozen=True, kw_only=True):
    application: Id
    status: ApplicationStatus
    code: str = ""
    """Why this one was left as it is, e.g. ``already_decided``."""
    by: str = ""


class Decisions(Value, frozen=True, kw_only=True):
    decisions: list[Decision]


class ApplicationMove(Input, frozen=True, kw_only=True):
    class_id: Id


# --- people in a few words ---------------------------------------------------------------------------------------


class Relative(Value, frozen=True, kw_only=True):
    account: Id
    name: str
    since: Ms = 0
    consented: bool = True


class Place(Value, frozen=True, kw_only=True):
    """One role in words: a class and a school (R-80)."""

    school: Id
    school_name: str
    class_id: Id | None
    class_name: str
    role: SchoolRole
    subject: str = ""
