"""Membership as intervals: which part of a chat's log somebody may see. Pure; the one source for every reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """``first <= seq <= last``; ``last`` None while inside, else the removal, which is still seen."""

    first: int
    last: int | None
    role: str = "member"


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything one account may see of one chat."""

    intervals: tuple[Interval, ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> Sight:
        return cls(tuple(sorted(intervals, key=lambda i: i.first)))

    @property
    def inside(self) -> bool:
        return any(i.last is None for i in self.intervals)

    @property
    def role(self) -> str | None:
        return next((i.role for i in self.intervals if i.last is None), None)

    def sees(self, seq: int) -> bool:
        return any(i.first <= seq and (i.last is None or seq <= i.last) for i in self.intervals)

    def ranges(self, after: int, upto: int) -> list[tuple[int, int]]:
        """Closed ranges of visible seqs with ``after < seq <= upto``, merged, in order."""
        merged: list[tuple[int, int]] = []
        for i in self.intervals:
            low, high = max(i.first, after + 1), upto if i.last is None else min(i.last, upto)
            if low > high:
                continue
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        return merged
