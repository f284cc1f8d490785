"""How long to wait before coming back. Pure: the chance is given, nothing sleeps here."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential with full jitter: a school of clients cut at one moment must not return at one moment.

    ``first_s`` is the longest first wait, each further one is twice as long up to ``most_s``; the wait itself is
    drawn between a tenth of that and the whole of it.
    """

    first_s: float = 0.5
    most_s: float = 30.0

    def wait_s(self, attempt: int, chance: random.Random) -> float:
        """Seconds before attempt number ``attempt`` (from 0)."""
        longest = min(self.most_s, self.first_s * 2 ** min(attempt, 32))
        return chance.uniform(longest / 10, longest)
