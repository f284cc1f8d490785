"""Requests for numbers that used to be somebody else's, on the administrator's desk (D20). Decides nothing."""

from __future__ import annotations

from .types import Id, Ms, Value


class DeskClaim(Value, frozen=True, kw_only=True):
    """Somebody proved that the number reaches them, and says it is theirs now; ``account`` has held it so far."""

    id: Id
    account: Id
    name: str
    masked: str
    asked: Ms
    free_at: Ms
    """When the number becomes free by itself, without an objection."""


class DeskClaims(Value, frozen=True, kw_only=True):
    """Those that wait, the oldest first."""

    claims: list[DeskClaim]
