"""The control channel between signaling and a worker: msgpack messages, a length before each. Shapes and framing only.

Orders carry the call's generation; a worker refuses one that is older than what it has. Each order gets one reply, by
its number; notices come by themselves.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any

import msgspec

VERSION = 1
LONGEST_BYTES = 1_048_576
"""The longest message: statistics of a lecture of 100 are about 400 kB."""
Rows = list[dict[str, object]]


class Order(msgspec.Struct, frozen=True, kw_only=True, tag_field="op"):
    """Base of what signaling asks."""

    call: str
    generation: int


class Join(Order, frozen=True, tag="join"):
    """Gives the participant's receiving offer."""

    participant: str


class Publish(Order, frozen=True, tag="publish"):
    """``names``: mid → microphone, camera, screen, screen_sound. ``heights``: mid → pixels of its encodings, smallest
    first. Gives the answer.
    """

    participant: str
    sdp: str
    names: dict[str, str] = {}
    heights: dict[str, list[int]] = {}


class Answer(Order, frozen=True, tag="answer"):
    participant: str
    sdp: str


class Shown(msgspec.Struct, frozen=True):
    mid: str
    track: str | None
    height: int
    rank: int


class ShowSlots(Order, frozen=True, tag="show"):
    participant: str
    slots: list[Shown]


class Grow(Order, frozen=True, tag="grow"):
    """Gives a receiving offer with so many picture slots, or an empty string."""

    participant: str
    videos: int


class Always(Order, frozen=True, tag="always"):
    """Tracks of voices that everybody hears always."""

    tracks: list[str]


class Leave(Order, frozen=True, tag="leave"):
    participant: str


class End(Order, frozen=True, tag="end"):
    pass


AnyOrder = Join | Publish | Answer | ShowSlots | Grow | Always | Leave | End


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="hello"):
    """A worker's first message; ``proof`` answers the server's challenge with the shared key."""

    version: int
    worker: str
    proof: bytes
    port: int


class Numbered(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="order"):
    number: int
    order: AnyOrder


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="reply"):
    """``error`` is empty, or one of ``stale``, ``unknown``, ``full``, ``bad_sdp``, ``failed``."""

    number: int
    value: str = ""
    error: str = ""
    detail: str = ""


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="notice"):
    """``kind``: tracks, layers, rung, speakers, gone, statistics."""

    call: str
    generation: int
    kind: str
    participant: str
    fields: dict[str, Any]


class Load(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="load"):
    """Once a second: what the worker does. ``cpu`` is of one core; ``dropped`` counts datagrams since start."""

    calls: int
    participants: int
    cpu: float
    packets_in: int
    packets_out: int
    dropped: int
    lag_ms: float


FromWorker = Hello | Reply | Notice | Load
_encoder = msgspec.msgpack.Encoder()
from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
from_signaling: msgspec.msgpack.Decoder[Numbered] = msgspec.msgpack.Decoder(Numbered)


def proof(key: bytes, challenge: bytes) -> bytes:
    return hmac.digest(key, challenge, hashlib.sha256)


def frame(message: msgspec.Struct) -> bytes:
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The next message's bytes. Raises ``ConnectionError`` when the channel ends or carries nonsense."""
    try:
        size = int.from_bytes(await reader.readexactly(4), "big")
        if size > LONGEST_BYTES:
            raise ConnectionError("message too long")
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError:
        raise ConnectionError("channel ended") from None
