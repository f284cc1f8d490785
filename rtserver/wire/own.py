"""What «My data» holds of schools and families (E-13). Decides nothing."""

from __future__ import annotations

from .types import Id, Ms, SchoolRole, Value


class OwnRole(Value, frozen=True, kw_only=True):
    """A role in a school, now or before; ``until`` is None while it is in force."""

    school_name: str
    class_name: str
    role: SchoolRole
    subject: str
    since: Ms
    until: Ms | None


class OwnConsent(Value, frozen=True, kw_only=True):
    """A consent that this account gave for a child, or that a parent gave for this account."""

    child: Id
    parent: Id
    version: str
    given: Ms
    withdrawn: Ms | None


class OwnBlock(Value, frozen=True, kw_only=True):
    """Somebody in the own blacklist."""

    account: Id
    since: Ms
