"""Engine.IO 4 and Socket.IO 5 with the msgpack parser, as bytes: the few packets that a client needs. No I/O here.

Text frames are Engine.IO packets (``0`` open, ``1`` close, ``2`` ping, ``3`` pong, ``6`` noop); binary frames are
Socket.IO packets as msgpack maps: ``{"type", "data", "nsp", "id"}`` (socket.io-msgpack-parser 3).
"""

from __future__ import annotations

from typing import Any

import msgspec

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR = 0, 1, 2, 3, 4
PONG = "3"

_encode = msgspec.msgpack.Encoder().encode


class Open(msgspec.Struct, frozen=True, rename="camel"):
    """The server's first word. Times are milliseconds."""

    ping_interval: int
    ping_timeout: int

    @property
    def silence_s(self) -> float:
        """Seconds of silence after which the connection counts as dead."""
        return (self.ping_interval + self.ping_timeout) / 1000


class Packet(msgspec.Struct, frozen=True):
    """A Socket.IO packet. ``data`` is a list for events and acknowledgements, else an object."""

    type: int
    data: Any = None
    id: int | None = None
    nsp: str = "/"


_decoder = msgspec.msgpack.Decoder(Packet)


def decode(data: bytes) -> Packet:
    """Raises ``msgspec.MsgspecError`` on anything else."""
    return _decoder.decode(data)


def connect(auth: msgspec.Struct) -> bytes:
    return _encode({"type": CONNECT, "data": auth, "nsp": "/"})


def event(name: str, payload: Any, number: int) -> bytes:
    """An event that wants the acknowledgement ``number``."""
    return _encode({"type": EVENT, "data": [name, payload], "nsp": "/", "id": number})
