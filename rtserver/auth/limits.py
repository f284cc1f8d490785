"""How often one may try (D19): pure. Failures count before attempts, and a school's one address gets a high bound.

Counts live in windows of ``WINDOW_MS`` (table ``attempt``); the current and the previous window together are what a
rule looks at, the previous one weighed by what is left of it: a sliding window without a row for each try.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WINDOW_MS = 900_000
"""15 minutes."""
Scope = Literal["send:contact", "send:address", "fail:contact", "fail:account", "fail:address", "begin:address"]


@dataclass(frozen=True, slots=True)
class LimitRules:
    """Numbers in 15 minutes. ``*_address`` are multiplied for school networks."""

    sends_contact: int = 5
    sends_address: int = 60
    fails_contact: int = 15
    fails_account: int = 10
    fails_address: int = 60
    begin_address: int = 600
    school_factor: int = 20

    def bound(self, scope: Scope, *, school: bool) -> int:
        bound = {
            "send:contact": self.sends_contact,
            "send:address": self.sends_address,
            "fail:contact": self.fails_contact,
            "fail:account": self.fails_account,
            "fail:address": self.fails_address,
            "begin:address": self.begin_address,
        }[scope]
        return bound * self.school_factor if school and scope.endswith(":address") else bound


def window_of(now: int) -> int:
    return now - now % WINDOW_MS


def weighed(current: int, previous: int, now: int) -> float:
    """Tries of the last 15 minutes, supposing that those of the previous window came evenly."""
    return current + previous * (1 - (now % WINDOW_MS) / WINDOW_MS)


def wait_minutes(current: int, previous: int, bound: int, now: int) -> int:
    """Whole minutes until one more is allowed, if nothing is tried meanwhile; 0 when it is allowed now."""
    if weighed(current, previous, now) < bound:
        return 0
    left_ms = WINDOW_MS - now % WINDOW_MS
    if current < bound:  # the previous window is in the way: wait until less of it counts
        wait_ms = left_ms - (bound - current) * WINDOW_MS / previous
    else:  # this window is full: wait for its end, and then until less of it counts
        wait_ms = left_ms + max(0.0, WINDOW_MS - bound * WINDOW_MS / current)
    return int(wait_ms // 60_000) + 1
