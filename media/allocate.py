"""Who gets the bits: screen, teacher, speakers, grid; and the rungs of the ladder (experience 4.9). Pure.

Audio is taken off first and never starves. ``allocate`` picks a layer for each picture; ``Ladder`` says which rung the
receiver stands on, with the times after which it may move.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import IntEnum

DOWN_AFTER_S = 3.0
UP_AFTER_S = 10.0
"""Experience 4.9: down after 3 s of trouble, up after 10 s of calm."""
AUDIO_BPS = 40_000
"""For each voice that is heard: Opus of browsers at 32 kbit/s with headers."""
FEW_PICTURES = 4
UPGRADE_SHARE = 0.9
"""A better layer must fit into so much of the rate: room for what varies, so that it does not flap."""
PAUSED = -1


class Rank(IntEnum):
    """In the order in which pictures get bits."""

    SCREEN = 0
    TEACHER = 1
    SPEAKER = 2
    GRID = 3


class Rung(IntEnum):
    """The server's rungs of the ladder; 2 and 6 are the client's own."""

    FULL = 0
    LOWER = 1
    FEW = 3
    ONE = 4
    AUDIO = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a receiver has asked for. ``layers_bps`` go from the smallest to the largest that may be sent."""

    key: Hashable
    rank: Rank
    layers_bps: Sequence[float]
    present: int = PAUSED
    """Index of the layer that is sent now."""


def allocate(rate_bps: float, voices: int, pictures: Sequence[Picture], rung: Rung) -> dict[Hashable, int]:
    """Index of the layer for each picture, ``PAUSED`` where there is none: first the smallest layer to everybody in the
    order of ranks, then better ones in the same order.
    """
    budget = rate_bps - voices * AUDIO_BPS
    chosen: dict[Hashable, int] = {picture.key: PAUSED for picture in pictures}
    order = sorted(pictures, key=lambda picture: picture.rank)
    allowed = order[: _most_pictures(rung)]
    for picture in allowed:
        if picture.layers_bps and picture.layers_bps[0] <= budget:
            chosen[picture.key] = 0
            budget -= picture.layers_bps[0]
    for picture in allowed:
        if chosen[picture.key] == PAUSED:
            continue
        for index in range(len(picture.layers_bps) - 1, 0, -1):
            more = picture.layers_bps[index] - picture.layers_bps[0]
            room = budget if index <= picture.present else budget - (1 - UPGRADE_SHARE) * rate_bps
            if more <= room:
                chosen[picture.key] = index
                budget -= more
                break
    return chosen


def _most_pictures(rung: Rung) -> int | None:
    return {Rung.AUDIO: 0, Rung.ONE: 1, Rung.FEW: FEW_PICTURES}.get(rung)


def fitting_rung(rate_bps: float, voices: int, pictures: Sequence[Picture]) -> Rung:
    """The best rung on which the line carries what is asked for."""
    wanted = [picture for picture in pictures if picture.layers_bps]
    if not wanted:
        return Rung.FULL
    for rung in (Rung.LOWER, Rung.FEW, Rung.ONE):
        chosen = allocate(rate_bps, voices, wanted, rung)
        shown = sum(index != PAUSED for index in chosen.values())
        if shown == min(len(wanted), _most_pictures(rung) or len(wanted)):
            full = rung == Rung.LOWER and all(chosen[p.key] == len(p.layers_bps) - 1 for p in wanted)
            return Rung.FULL if full else rung
    return Rung.AUDIO


class Ladder:
    """Moves between rungs no faster than people can follow. Rungs 0 and 1 follow at once: nobody is told of them."""

    def __init__(self) -> None:
        self.rung = Rung.FULL
        self._worse_since_s: float | None = None
        self._better_since_s: float | None = None

    def step(self, fitting: Rung, now_s: float) -> bool:
        """Take the rung that fits now; whether the rung has changed."""
        if self.rung <= Rung.LOWER and fitting <= Rung.LOWER:
            changed = fitting != self.rung
            self.rung = fitting
            self._worse_since_s = self._better_since_s = None
            return changed
        if fitting > self.rung:
            self._better_since_s = None
            if self._worse_since_s is None:
                self._worse_since_s = now_s
            return now_s - self._worse_since_s >= DOWN_AFTER_S and self._move(fitting)
        self._worse_since_s = None
        if fitting == self.rung:
            self._better_since_s = None
            return False
        if self._better_since_s is None:
            self._better_since_s = now_s
        return now_s - self._better_since_s >= UP_AFTER_S and self._move(fitting)

    def _move(self, rung: Rung) -> bool:
        self.rung = rung
        self._worse_since_s = self._better_since_s = None
        return True
