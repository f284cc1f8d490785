"""Commands, results and events of calls. Shapes only: who may what stands in ``signaling``.

A participant is one device of an account in one call. It has two connections to the SFU: it offers what it sends
(``call.offer``), and answers what the server offers (``call.join`` gives that offer, ``call.answer`` answers it). The
events are told and not logged; a client that was away asks ``call.state`` and joins again.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .chat import Command, Result
from .types import Id, Ms, Nonce, Value

SDP_MAX = 200_000
"""Characters; an offer with 40 m-lines has about 120,000."""

Sdp = Annotated[str, msgspec.Meta(min_length=1, max_length=SDP_MAX)]
Mid = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{1,16}\Z", description="m-line's mid")]
TrackId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Rid = Annotated[str, msgspec.Meta(max_length=16)]
Pixels = Annotated[int, msgspec.Meta(ge=0, le=8_192)]
TrackName = Literal["microphone", "camera", "screen", "screen_sound"]


class SentLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an m-line of ``call.offer`` is. ``heights`` are the pictures' heights of its encodings, smallest first."""

    mid: Mid
    name: TrackName
    heights: Annotated[list[Pixels], msgspec.Meta(max_length=3)] = msgspec.field(default_factory=list)


class WantedPicture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A track to see (or a screen's sound to hear), and how high it is shown."""

    track: TrackId
    height: Pixels = 0


class SlotHeight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mid: Mid
    height: Pixels


class CallStart(Command, frozen=True):
    """Start a call in a chat, or get the one that runs there already."""

    chat: Id
    nonce: Nonce


class CallStateAsk(Command, frozen=True):
    """The call that runs in a chat, if one does."""

    chat: Id


class CallJoin(Command, frozen=True):
    """Enter, or begin anew after media was lost: with ``participant`` from before, its place is taken over."""

    call: Id
    participant: Id | None = None


class CallAnswer(Command, frozen=True):
    """The answer to the offer of ``call.join`` or ``call.slots``."""

    call: Id
    participant: Id
    sdp: Sdp


class CallOffer(Command, frozen=True):
    """What this participant sends. Again whenever tracks come or go."""

    call: Id
    participant: Id
    sdp: Sdp
    lines: Annotated[list[SentLine], msgspec.Meta(max_length=16)]


class CallSlots(Command, frozen=True):
    """Everything this participant wants to see, in the order of importance. Voices need no asking."""

    call: Id
    participant: Id
    wanted: Annotated[list[WantedPicture], msgspec.Meta(max_length=49)]


class CallLayers(Command, frozen=True):
    """Slots are shown in another size now."""

    call: Id
    participant: Id
    heights: Annotated[list[SlotHeight], msgspec.Meta(max_length=49)]


class CallLeave(Command, frozen=True):
    call: Id
    participant: Id


class CallEnd(Command, frozen=True):
    """For everybody: the one who started it, teachers and administrators of the chat, either side of a direct call."""

    call: Id


class CallPerson(Value, frozen=True):
    participant: Id
    account: Id
    name: str


class CallTrack(Value, frozen=True):
    id: TrackId
    participant: Id
    name: TrackName


class CallInfo(Value, frozen=True):
    id: Id
    chat: Id
    started_by: Id
    started_ts: Ms
    people: list[CallPerson]


class CallFound(Result, frozen=True):
    call: CallInfo | None


class CallJoined(Result, frozen=True):
    """``offer`` is the receiving connection's; answer it by ``call.answer``."""

    call: CallInfo
    participant: Id
    offer: Sdp
    tracks: list[CallTrack]


class CallAnswered(Result, frozen=True):
    sdp: Sdp


class FilledSlot(Value, frozen=True):
    """``track`` null: the slot is empty."""

    mid: Mid
    track: TrackId | None


class CallSlotted(Result, frozen=True):
    """Where everything wanted stands. With ``offer`` there are more slots than before: answer it by ``call.answer``."""

    slots: list[FilledSlot]
    offer: str = ""


class CallEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    call: Id


class CallWasStarted(CallEvent, frozen=True, tag="call.started"):
    chat: Id
    started_by: Id
    started_ts: Ms


class CallEnded(CallEvent, frozen=True, tag="call.ended"):
    chat: Id


class CallPeopleChanged(CallEvent, frozen=True, tag="call.people_changed"):
    """Who is inside now, in the order of joining."""

    people: list[CallPerson]


class CallTracksChanged(CallEvent, frozen=True, tag="call.tracks_changed"):
    """Everything that is sent now."""

    tracks: list[CallTrack]


class CallLayersWanted(CallEvent, frozen=True, tag="call.layers_wanted"):
    """Encodings of an own track that anybody watches; the others may pause. Empty: nobody watches it."""

    participant: Id
    mid: Mid
    active: list[Rid]


class CallSlotsChanged(CallEvent, frozen=True, tag="call.slots_changed"):
    """Slots that were emptied, since what was in them is no longer sent."""

    participant: Id
    slots: list[FilledSlot]


class CallRungChanged(CallEvent, frozen=True, tag="call.rung_changed"):
    """The server's rung of the ladder for this participant's line: 0, 1, 3 (four pictures), 4 (one), 5 (sound only)."""

    participant: Id
    rung: Annotated[int, msgspec.Meta(ge=0, le=5)]


class CallSpeakersChanged(CallEvent, frozen=True, tag="call.speakers_changed"):
    """Participants who speak now, loudest first; at most four times a second."""

    speakers: list[Id]


class CallMediaLost(CallEvent, frozen=True, tag="call.media_lost"):
    """The participant's media is gone (its worker, or its connection): close both connections and join again."""

    participant: Id
