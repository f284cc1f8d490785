"""Bounds and choices of registration and log-in; config.toml names the reason of each. Holds no rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from .codes import CodeRules
from .limits import LimitRules

DAY_MS = 24 * 3600 * 1000
DEVICE_MS = 2 * 365 * DAY_MS
"""How long a device stays known since its last log-in (D5)."""
BRIEF_MS = DAY_MS // 2
"""A session on someone else's computer ends with the browser, and after half a day in any case."""


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """``school_networks`` are addresses (or /64) that ``is_school`` recognises: built by the configuration."""

    brand: str = "rtserver"
    support: str = "support@school.example"
    url: str = "http://localhost:8080"
    region: str = "RU"
    codes: CodeRules = field(default_factory=CodeRules)
    limits: LimitRules = field(default_factory=LimitRules)
    flow_ms: int = DAY_MS
    password_min: int = 8
    qr_ms: int = 60_000
    """Architecture of S03: the picture lives 60 s."""
    qr_approval_ms: int = 120_000
    claim_ms: int = 7 * DAY_MS
    """D20."""
