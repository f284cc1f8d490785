"""A websocket straight on its transport: no handler task, no queue, no writer task. Knows frames, nothing above.

One object of a few hundred bytes stands for an idle connection; the reader of frames is shared until a message comes
in pieces.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol, cast

from .frames import Frame, FrameError, FrameReader, Opcode, build, close_frame
from .tick import Batch, Tick

CLOSING_S = 2.0
"""A peer that was told to go has this long to take it and to answer (RFC 6455 §7.1.1), then the connection is cut."""

_UNSENT: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
"""Linux and macOS: what the peer has not room for waits here, where it is counted. Else the kernel takes up to 4 MiB
(``tcp_wmem``) for a peer that reads nothing, and nobody sees that it is slow."""
_TEXT, _BINARY, _CLOSE, _PING = int(Opcode.TEXT), int(Opcode.BINARY), int(Opcode.CLOSE), int(Opcode.PING)


class Owner(Protocol):
    """Whoever a link's messages are for."""

    def heard(self, link: Link, payload: bytes, binary: bool) -> None: ...

    def broken(self, link: Link, error: FrameError) -> None:
        """The peer broke the protocol; the link closes by itself after this."""

    def lost(self, link: Link) -> None:
        """Called once when the connection is gone, whoever ended it."""


class Bounds:
    """What all links of one server share."""

    __slots__ = ("high_bytes", "max_bytes", "reader", "tick")

    def __init__(self, tick: Tick, max_bytes: int, high_bytes: int) -> None:
        self.tick = tick
        self.max_bytes = max_bytes
        self.high_bytes = high_bytes
        self.reader = FrameReader(max_bytes)


class Link(asyncio.Protocol):
    """``slow_since`` is the loop's time since which more than ``high_bytes`` wait for the peer, else None."""

    __slots__ = ("_bounds", "_reader", "closing", "owner", "pending", "slow_since", "tick", "transport")

    def __init__(self, bounds: Bounds, owner: Owner) -> None:
        self._bounds = bounds
        self.tick = bounds.tick
        self._reader: FrameReader | None = None
        self.owner: Owner | None = owner
        self.pending: Batch | None = None
        self.transport: asyncio.Transport | None = None
        self.slow_since: float | None = None
        self.closing = False

    def attach(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over, after the handshake was written."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=self._bounds.high_bytes)
        if _UNSENT is not None:
            own: socket.socket = transport.get_extra_info("socket")
            own.setsockopt(socket.IPPROTO_TCP, _UNSENT, self._bounds.high_bytes)
        transport.set_protocol(self)

    # --- out -----------------------------------------------------------------------------------------------

    def write(self, frame: bytes) -> None:
        """Append a frame to this tick's write."""
        pending = self.pending
        self.pending = self.tick.start(self, frame) if pending is None else pending.then(frame)

    def flush(self) -> None:
        """Write now what this tick has gathered so far."""
        pending, transport = self.pending, self.transport
        self.pending = None
        if pending is not None and transport is not None:
            transport.write(pending.data)

    def pause_reading(self) -> None:
        """Let the peer's own buffer hold what comes next."""
        if self.transport is not None:
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def waiting_bytes(self) -> int:
        """What the kernel has not taken."""
        transport = self.transport
        return transport.get_write_buffer_size() if transport is not None else 0

    def pause_writing(self) -> None:
        self.slow_since = asyncio.get_running_loop().time()

    def resume_writing(self) -> None:
        self.slow_since = None

    # --- in ------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.closing and self._reader is None:
            return  # told to go for a fault: what it still says counts no more
        reader = self._reader or self._bounds.reader
        try:
            frames = reader.feed(data)
        except FrameError as error:
            if reader is self._bounds.reader:
                self._bounds.reader = FrameReader(self._bounds.max_bytes)
            self._reader = None
            if self.owner is not None and not self.closing:
                self.owner.broken(self, error)
            self.close(error.close_code, str(error))
            return
        if reader.idle:
            if not self.closing:
                self._reader = None
        elif reader is self._bounds.reader:
            self._reader, self._bounds.reader = reader, FrameReader(self._bounds.max_bytes)
        for frame in frames:
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        opcode = frame.opcode
        if opcode == _CLOSE:
            if not self.closing:
                self._answer_close(frame.payload)
            elif self.transport is not None:
                self.transport.close()
        elif self.closing:
            return
        elif opcode in (_TEXT, _BINARY):
            if self.owner is not None:
                self.owner.heard(self, frame.payload, opcode == _BINARY)
        elif opcode == _PING:
            self.write(build(Opcode.PONG, frame.payload))

    def _answer_close(self, payload: bytes) -> None:
        """RFC 6455 §5.5.1: the close frame is answered with its own code; the server ends the connection (§7.1.1)."""
        self.closing = True
        code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1000
        self.write(close_frame(code if _may_be_sent(code) else 1002))
        self.flush()
        if self.transport is not None:
            self.transport.close()

    def eof_received(self) -> bool:
        return False  # the transport closes itself

    def connection_lost(self, exc: BaseException | None) -> None:
        self.transport = None
        self.pending = None
        owner, self.owner = self.owner, None
        if owner is not None:
            owner.lost(self)

    # --- end -----------------------------------------------------------------------------------------------

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye after everything pending, wait shortly for the answer, then cut."""
        if self.closing or self.transport is None:
            return
        self.closing = True
        self.write(close_frame(code, reason))
        self.flush()
        if code in (1000, 1001):  # an orderly end: listen for the answer
            self._reader = self._reader or FrameReader(self._bounds.max_bytes)
        asyncio.get_running_loop().call_later(CLOSING_S, self.abort)

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def _may_be_sent(code: int) -> bool:
    """RFC 6455 §7.4: codes that may stand in a close frame."""
    return (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999
