"""Bounds of schools, links and lists; config.toml names the reason of each. Holds no rule."""

from __future__ import annotations

from dataclasses import dataclass

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class SchoolSettings:
    """``url`` is the server's address as people type it: links and QR codes begin with it."""

    brand: str = "rtserver"
    url: str = "http://localhost:8080"
    parents_max: int = 2
    """R-71."""
    parent_link_ms: int = 7 * DAY_MS
    """D16."""
    invites_active: int = 500
    """Living invites of one school: each is a row of a list that people read."""
    applications_waiting: int = 5
    """Waiting applications of one account (R-82): more is no person looking for a school."""
    applications_day: int = 20
    """Applications of one account in 24 hours, withdrawn ones included: each is a row that a school reads."""
    list_lines: int = 5_000
    list_bytes: int = 2 * 1024 * 1024
    avatar_bytes: int = 10 * 1024 * 1024
    avatar_side_px: int = 512
    applications_keep_ms: int = 90 * DAY_MS
    reports_keep_ms: int = 90 * DAY_MS
    """D8."""
    journal_keep_ms: int = 3 * 365 * DAY_MS
    unconfirmed_keep_ms: int = 30 * DAY_MS
