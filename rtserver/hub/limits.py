"""Token buckets for each account and command: one tab cannot starve a school. No clock: ``now`` is given.

Refuses to know who asks or what for: keys are opaque.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, then ``per_s`` a second for ever."""

    per_s: float
    burst: float

    def __post_init__(self) -> None:
        if not (self.per_s > 0 and self.burst >= 1):
            raise ValueError("a rate needs per_s > 0 and burst >= 1")


class Buckets:
    """One bucket for each key that was used lately; a full bucket is the same as none and is forgotten."""

    def __init__(self, rates: Mapping[str, Rate], default: Rate) -> None:
        self._rates = dict(rates)
        self._default = default
        self._levels: dict[tuple[Hashable, str], tuple[float, int]] = {}

    def __len__(self) -> int:
        return len(self._levels)

    def rate(self, command: str) -> Rate:
        return self._rates.get(command, self._default)

    def take(self, key: Hashable, command: str, now_ms: int) -> int:
        """0 when the command may run now (one token is taken), else the milliseconds until it may. A clock that
        steps back gives no tokens and takes none.
        """
        rate = self._rates.get(command, self._default)
        held = self._levels.get((key, command))
        if held is None:
            level = rate.burst
        else:
            level, before_ms = held
            now_ms = max(now_ms, before_ms)
            level = min(rate.burst, level + (now_ms - before_ms) * rate.per_s / 1000)
        # A hair below one token is one: floating sums must not turn "after wait_ms" into a refusal.
        if level >= 1 - 1e-9:
            self._levels[key, command] = (max(0.0, level - 1), now_ms)
            return 0
        self._levels[key, command] = (level, now_ms)
        return max(1, int((1 - level) * 1000 / rate.per_s) + 1)

    def forget_full(self, now_ms: int) -> None:
        """Drop buckets that are full again; called now and then, so memory follows the active accounts."""
        for (key, command), (level, before_ms) in list(self._levels.items()):
            rate = self.rate(command)
            if level + max(0, now_ms - before_ms) * rate.per_s / 1000 >= rate.burst:
                del self._levels[key, command]
