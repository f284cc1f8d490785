"""What a profile form must hold (R-23, R-44, R-62) and which form a flow shows. Pure but for time zones."""

from __future__ import annotations

from typing import Literal

from rtserver.school.ages import DEFAULT_ZONE, check_birth_date, is_adult, school_day
from rtserver.school.names import person_name
from rtserver.wire.auth import FlowProfile, FlowStart
from rtserver.wire.errors import AppError
from rtserver.wire.school import InviteCheck

Form = Literal["student", "parent", "staff", ""]


def form_of(start: FlowStart, invite: InviteCheck | None) -> Form:
    """A student's form by a student's invite, other ones for parents and staff; by log-in the role is asked later."""
    if start == "parent":
        return "parent"
    if invite is None:
        return ""
    return "student" if invite.role == "student" else "staff"


def check_profile(given: FlowProfile, form: Form, now: int) -> dict[str, str]:
    """Columns of the account; ``name_required``, ``dob_*``, ``registration_role`` (R-12), ``parent_too_young``."""
    name = person_name(given.first_name, given.last_name, given.patronymic)
    day = school_day(now, DEFAULT_ZONE)
    born = check_birth_date(given.birth_date, day)
    adult = is_adult(born, day)
    if form == "student" and adult and not given.adult:
        raise AppError("registration_role")
    if form == "parent" and not adult:
        raise AppError("parent_too_young")
    return {
        "first_name": name.first,
        "last_name": name.last,
        "patronymic": name.patronymic,
        "name_fold": name.fold,
        "birth_date": born,
        "gender": given.gender,
    }
