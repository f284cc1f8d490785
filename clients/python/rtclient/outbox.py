"""Commands that wait for their answer, in order; what was not answered is sent again. Pure: ``now`` is given.

Commands of one lane (the changes of one chat) go one after another, so that a retry never overtakes a later one. Every
command may be sent twice: changes carry a nonce, all others say what shall be, not what to add.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import OutboxFull


@dataclass(slots=True, eq=False)
class Entry:
    """One command. ``sent_at`` is the time of the last sending, None while it waits; ``not_before`` holds it back."""

    number: int
    name: str
    payload: dict[str, Any]
    lane: str | None
    sent_at: float | None = None
    not_before: float = 0.0
    owner: Any = field(default=None, repr=False)


class Outbox:
    """At most ``most`` entries; ``add`` refuses more rather than forget one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: dict[int, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def add(self, entry: Entry) -> None:
        """Raises ``OutboxFull``."""
        if len(self._entries) >= self._most:
            raise OutboxFull(f"{self._most} commands wait already")
        self._entries[entry.number] = entry

    def ready(self, now: float) -> list[Entry]:
        """What may be sent now, in order: everything without a lane, and the first of each lane."""
        found: list[Entry] = []
        lanes: set[str] = set()
        for entry in self._entries.values():
            if entry.lane is not None:
                if entry.lane in lanes:
                    continue
                lanes.add(entry.lane)
            if entry.sent_at is None and entry.not_before <= now:
                found.append(entry)
        return found

    def next_at(self, now: float) -> float | None:
        """When something that is held back becomes ready; None when nothing is."""
        return min(
            (e.not_before for e in self._entries.values() if e.sent_at is None and e.not_before > now), default=None
        )

    def oldest_sent_at(self) -> float | None:
        return min((e.sent_at for e in self._entries.values() if e.sent_at is not None), default=None)

    def again(self, number: int, not_before: float) -> None:
        """The answer was "later"."""
        entry = self._entries[number]
        entry.sent_at, entry.not_before = None, not_before

    def done(self, number: int) -> Entry | None:
        return self._entries.pop(number, None)

    def lost(self) -> None:
        """The connection is gone: whatever was sent and not answered waits again, in its old place."""
        for entry in self._entries.values():
            entry.sent_at = None
