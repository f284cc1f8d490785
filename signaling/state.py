"""What signaling remembers of a call and of each device in it, and how that looks on the wire. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from rtserver.wire import calls as w
from storage.ids import wire_id

from .ports import Worker
from .slots import FIRST_VIDEOS


@dataclass(slots=True, eq=False)
class Participant:
    id: str
    account: int
    session: int
    name: str
    leads: bool
    slots: dict[str, str | None] = field(default_factory=dict)
    heights: dict[str, int] = field(default_factory=dict)
    wanted: tuple[w.WantedPicture, ...] = ()
    videos: int = FIRST_VIDEOS
    seated: bool = False
    """Room was found; the worker has not answered yet."""
    out: bool = False
    """Lost the right to be here while entering."""


@dataclass(slots=True)
class Call:
    id: str
    chat: int
    started_by: int
    started_ts: int
    generation: int = 0
    worker: Worker | None = None
    people: dict[str, Participant] = field(default_factory=dict)
    entering: set[Participant] = field(default_factory=set)
    """Asked to come in; the doors or the worker have not answered yet."""
    tracks: dict[str, w.CallTrack] = field(default_factory=dict)
    speakers: tuple[str, ...] = ()
    empty_since_s: float | None = None
    statistics: list[dict[str, Any]] = field(default_factory=list)


def people_of(call: Call) -> list[w.CallPerson]:
    return [
        w.CallPerson(participant=person.id, account=wire_id(person.account), name=person.name)
        for person in call.people.values()
    ]


def info_of(call: Call) -> w.CallInfo:
    return w.CallInfo(
        id=call.id,
        chat=wire_id(call.chat),
        started_by=wire_id(call.started_by),
        started_ts=call.started_ts,
        people=people_of(call),
    )


def track_of(row: dict[str, str]) -> w.CallTrack:
    return msgspec.convert({"id": row["key"], "participant": row["participant"], "name": row["name"]}, w.CallTrack)
