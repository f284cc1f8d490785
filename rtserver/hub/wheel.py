"""A timing wheel: one timer serves the heartbeats of all connections. Pure: ``now`` is given, it sends nothing.

Due times are rounded down to the wheel's step, so a turn is one list and not a heap of 5,000 timers.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Wheel(Generic[T]):
    """Items by the step in which they are due. Items are not removed: whoever takes one asks whether it still lives."""

    def __init__(self, step_s: float) -> None:
        if step_s <= 0:
            raise ValueError("a wheel needs step_s > 0")
        self.step_s = step_s
        self._slots: dict[int, list[T]] = {}
        self._turned: int | None = None

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))

    def add(self, due_s: float, item: T) -> None:
        """``due_s`` is on the caller's monotonic clock; one that is past comes with the next turn."""
        slot = int(due_s / self.step_s)
        if self._turned is not None and slot <= self._turned:
            slot = self._turned + 1
        self._slots.setdefault(slot, []).append(item)

    def turn(self, now_s: float) -> list[T]:
        """Take everything that is due at ``now_s``, oldest first."""
        present = int(now_s / self.step_s)
        if self._turned is not None and present <= self._turned:
            return []
        due = sorted(slot for slot in self._slots if slot <= present)
        self._turned = present
        return [item for slot in due for item in self._slots.pop(slot)]
