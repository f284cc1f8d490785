"""Who speaks: RFC 6464 levels, smoothed, and the loudest few that are heard. Pure: levels and times in, ids out."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

SILENT_DBOV = 127
"""RFC 6464 §3: 127 is digital silence, 0 the loudest."""
ATTACK = 0.4
"""Weight of a packet louder than the mean: speech is taken up within about three packets of 20 ms."""
RELEASE = 0.05
"""Weight of a quieter one: pauses between words (200–400 ms) do not lose the floor."""
SPEAKING = 25.0
"""Smoothed loudness (127 − dBov level) from which somebody speaks; a quiet room stands at 5–20, speech at 60–100."""
LEAD = 8.0
"""By how much somebody must be louder than a present speaker to take the place."""
HOLD_S = 1.0
"""How long a place is kept after the last loud packet (dominant speaker switching faster is a flicker)."""
STALE_S = 2.0
"""Nothing heard so long (DTX sends a packet each 400 ms): silent."""


class Loudness:
    """The smoothed loudness of one voice, 0…127."""

    __slots__ = ("heard_s", "loud_s", "value")

    def __init__(self) -> None:
        self.value = 0.0
        self.heard_s = float("-inf")
        self.loud_s = float("-inf")

    def hear(self, level_dbov: int, now_s: float) -> None:
        loud = SILENT_DBOV - level_dbov
        self.value += (ATTACK if loud > self.value else RELEASE) * (loud - self.value)
        self.heard_s = now_s
        if self.value >= SPEAKING:
            self.loud_s = now_s


class Voices(Generic[Key]):
    """The ``most`` loudest voices and those that are always heard. A place is kept until somebody clearly louder speaks
    or the voice was silent for ``HOLD_S``.
    """

    def __init__(self, most: int = 3) -> None:
        self._most = most
        self._loudness: dict[Key, Loudness] = {}
        self._heard: list[Key] = []
        self.always: set[Key] = set()

    def voice(self, key: Key) -> Loudness:
        """The loudness of ``key``, to be fed by its packets."""
        return self._loudness.setdefault(key, Loudness())

    def remove(self, key: Key) -> None:
        self._loudness.pop(key, None)
        self.always.discard(key)
        if key in self._heard:
            self._heard.remove(key)

    def choose(self, now_s: float) -> list[Key]:
        """Whom everybody hears now: those always heard first, then the loudest in the order of their coming."""
        ranks = {
            key: one.value if now_s - one.heard_s < STALE_S else 0.0
            for key, one in self._loudness.items()
            if key not in self.always
        }
        kept = [key for key in self._heard if key in ranks and now_s - self._loudness[key].loud_s < HOLD_S]
        waiting = sorted(
            (key for key in ranks if key not in kept and ranks[key] >= SPEAKING), key=lambda key: -ranks[key]
        )
        for key in waiting:
            if len(kept) < self._most:
                kept.append(key)
                continue
            quietest = min(kept, key=lambda one: ranks[one])
            if ranks[key] < ranks[quietest] + LEAD:
                break
            kept[kept.index(quietest)] = key
        self._heard = kept
        return [*sorted(self.always & self._loudness.keys(), key=str), *kept]

    def speaking(self, now_s: float) -> list[Key]:
        """Who speaks now, loudest first."""
        loud = [key for key, one in self._loudness.items() if now_s - one.loud_s < HOLD_S]
        return sorted(loud, key=lambda key: -self._loudness[key].value)
