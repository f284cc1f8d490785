"""Who stands in which slot of a receiver. Pure: what was, what is wanted, what is new.

A picture keeps its slot for as long as it is wanted; the teacher's picture goes into the slot that shares a stream with
the teacher's voice, so lips stay in step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

SCREEN, SCREEN_SOUND, TEACHER = "s0", "a0", "v0"
FIRST_VIDEOS = 16
"""Picture slots of a new receiver (``media.downlink.VIDEOS``); more come by renegotiation."""
VIDEOS_MOST = 48


class Wanted(NamedTuple):
    """A track somebody wants; ``name`` is camera, screen or screen_sound; ``leads`` says that a teacher sends it."""

    track: str
    name: str
    height: int
    leads: bool


class Placing(NamedTuple):
    """``slots``: mid → track or None for every slot that was or is used; ``videos`` is how many picture slots it takes;
    ``left_out`` are wanted tracks without a slot.
    """

    slots: dict[str, str | None]
    videos: int
    left_out: list[str]


def place(present: Mapping[str, str | None], wanted: Sequence[Wanted]) -> Placing:
    """Put everything wanted, in its order, each where it is already if it is there."""
    slots: dict[str, str | None] = dict.fromkeys(present)
    names = {one.track: one for one in wanted}
    kept = {mid: track for mid, track in present.items() if track is not None and track in names}
    slots.update(kept)
    placed = set(kept.values())
    left_out: list[str] = []
    for one in wanted:
        if one.track in placed:
            continue
        mid = _free(one, slots)
        if mid is None:
            left_out.append(one.track)
            continue
        slots[mid] = one.track
        placed.add(one.track)
    used = [int(mid[1:]) for mid, track in slots.items() if track is not None and mid[0] == "v"]
    return Placing(slots, max([FIRST_VIDEOS, *(number + 1 for number in used)]), left_out)


def _free(one: Wanted, slots: Mapping[str, str | None]) -> str | None:
    if one.name == "screen_sound":
        return SCREEN_SOUND if slots.get(SCREEN_SOUND) is None else None
    if one.name == "screen" and slots.get(SCREEN) is None:
        return SCREEN
    if one.leads and one.name == "camera" and slots.get(TEACHER) is None:
        return TEACHER
    return next((f"v{n}" for n in range(1, VIDEOS_MOST) if slots.get(f"v{n}") is None), None)
