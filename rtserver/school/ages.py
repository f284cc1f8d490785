"""Ages at a moment in a school's time zone (D6, D16, R-12). Pure: the moment and the zone come in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rtserver.wire.errors import AppError

CONSENT_AGE = 14
"""D6: below it a parent confirms."""
ADULT_AGE = 18
"""D16: a parent is at least this old; R-12: a student of this age gets a flag."""
OLDEST_YEAR = 1900
DEFAULT_ZONE = "Europe/Moscow"


def school_day(now_ms: int, time_zone: str) -> date:
    """The day it is in a school's time zone."""
    try:
        zone = ZoneInfo(time_zone or DEFAULT_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo(DEFAULT_ZONE)
    return datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date()


def known_zone(name: str) -> str:
    """The name itself, or ``bad_request``."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise AppError("bad_request", detail="time_zone") from None
    return name


def age_on(birth_date: str, day: date) -> int:
    """Whole years; the birthday itself counts (D6). Somebody born on 29 February grows older on 1 March."""
    born = date.fromisoformat(birth_date)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def check_birth_date(text: str, day: date) -> str:
    """An ISO date that a living person can have; ``dob_invalid`` or ``dob_future`` otherwise."""
    try:
        born = date.fromisoformat(text)
    except ValueError:
        raise AppError("dob_invalid") from None
    if born > day:
        raise AppError("dob_future")
    if born.year < OLDEST_YEAR:
        raise AppError("dob_invalid")
    return born.isoformat()


def needs_parent(birth_date: str | None, day: date) -> bool:
    """R-56: under 14 on that day. Somebody without a birth date (made by the operator) is not held."""
    return birth_date is not None and age_on(birth_date, day) < CONSENT_AGE


def is_adult(birth_date: str | None, day: date) -> bool:
    return birth_date is not None and age_on(birth_date, day) >= ADULT_AGE
