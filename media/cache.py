"""What is kept of a source layer: its last packets for retransmission, and which ones are missing. Pure.

``Ring`` answers receivers' NACKs; ``Missing`` says what to ask the publisher for. Both are bounded, old ones fall out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

RING_PACKETS = 1_024
"""Of one layer: half a second to a second of a camera at 2.5 Mbit/s; more would be too late to be shown."""
MISSING_MOST = 256
"""Numbers remembered as missing; a hole wider than that is a new beginning, mended by a key frame."""
ASKS_MOST = 5
"""How often one packet is asked for."""
GIVE_UP_S = 1.0
"""After that the decoder has gone on without it."""


class Ring(Generic[Item]):
    """The last ``RING_PACKETS`` items by a number that does not wrap."""

    __slots__ = ("_items", "_seqs")

    def __init__(self) -> None:
        self._items: list[Item | None] = [None] * RING_PACKETS
        self._seqs = [-1] * RING_PACKETS

    def put(self, seq: int, item: Item) -> None:
        place = seq & (RING_PACKETS - 1)
        self._items[place] = item
        self._seqs[place] = seq

    def get(self, seq: int) -> Item | None:
        place = seq & (RING_PACKETS - 1)
        return self._items[place] if self._seqs[place] == seq else None

    def holds(self, seq: int) -> bool:
        return self._seqs[seq & (RING_PACKETS - 1)] == seq


@dataclass(slots=True)
class _Hole:
    since_s: float
    asked_s: float
    asks: int


class Missing:
    """Numbers that did not come. ``heard`` takes every number (not wrapping); ``due`` says whom to ask for now."""

    def __init__(self) -> None:
        self.highest: int | None = None
        self.lost = 0
        self._holes: dict[int, _Hole] = {}

    def __len__(self) -> int:
        return len(self._holes)

    def __contains__(self, seq: int) -> bool:
        return seq in self._holes

    def heard(self, seq: int, now_s: float) -> None:
        highest = self.highest
        if highest is None:
            self.highest = seq
            return
        if seq == highest + 1:
            self.highest = seq
            return
        if seq <= highest:
            self._holes.pop(seq, None)
            return
        self.highest = seq
        if seq - highest > MISSING_MOST:
            self.lost += len(self._holes) + seq - highest - 1
            self._holes.clear()
            return
        for number in range(highest + 1, seq):
            self._holes[number] = _Hole(now_s, float("-inf"), 0)
        while len(self._holes) > MISSING_MOST:
            self._holes.pop(next(iter(self._holes)))
            self.lost += 1

    def due(self, now_s: float, rtt_s: float) -> list[int]:
        """Numbers to ask for, ascending: at once, then after each round trip; after ``ASKS_MOST`` they are lost."""
        if not self._holes:
            return []
        again_s = max(0.02, rtt_s * 1.2)
        asked: list[int] = []
        given_up: list[int] = []
        for seq, hole in self._holes.items():
            if hole.asks >= ASKS_MOST or now_s - hole.since_s > GIVE_UP_S:
                if now_s - hole.asked_s >= again_s:
                    given_up.append(seq)
            elif now_s - hole.asked_s >= again_s:
                hole.asked_s = now_s
                hole.asks += 1
                asked.append(seq)
        for seq in given_up:
            del self._holes[seq]
            self.lost += 1
        return asked
