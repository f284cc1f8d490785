"""Moves one request's body from a socket to a ``Sink`` on a thread: recv, hash, write. Knows nothing of HTTP."""

from __future__ import annotations

import select
import socket
from enum import Enum
from typing import Protocol

from .sink import Sink

BUFFER_BYTES = 1 << 20
TURN_BYTES = 8 << 20
"""What one turn of a thread may move before others get theirs: 20 uploads share four threads."""
DISCARD_BYTES = 64 << 20
DISCARD_MS = 500
LINGER_MS = 1
"""How long a thread waits for more before it hands the socket back to the loop: a wake-up of the loop costs more."""


class Turn(Enum):
    """How a turn ended. ``dry``: nothing to read now; ``more``: there may be; ``cut``: the peer has gone."""

    DRY = "dry"
    MORE = "more"
    DONE = "done"
    CUT = "cut"
    STOPPED = "stopped"


class Stoppable(Protocol):
    stopped: bool


class Pump:
    """A body of ``size`` bytes that comes from a non-blocking socket."""

    def __init__(self, source: socket.socket, sink: Sink, size: int, hold: Stoppable) -> None:
        self._socket = source
        self._sink = sink
        self._left = size
        self._hold = hold
        self._buffer = memoryview(bytearray(min(BUFFER_BYTES, max(1, size))))
        self._filled = 0
        self._poll = select.poll()
        self._poll.register(source.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)

    def feed(self, first: bytes) -> None:
        """Bytes that the HTTP parser had read already."""
        self._left -= len(first)
        self._sink.write(memoryview(first))

    @property
    def left(self) -> int:
        return self._left

    def turn(self) -> Turn:
        """Move what is there. Raises what ``Sink.write`` raises."""
        moved = 0
        while self._left and moved < TURN_BYTES:
            if self._hold.stopped:
                self._spill()
                return Turn.STOPPED
            try:
                room = min(len(self._buffer) - self._filled, self._left)
                count = self._socket.recv_into(self._buffer[self._filled :], room)
            except BlockingIOError:
                if self._poll.poll(LINGER_MS):
                    continue
                return Turn.DRY
            except OSError:
                count = 0
            if count == 0:
                self._spill()
                return Turn.CUT
            moved += count
            self._filled += count
            self._left -= count
            if self._filled == len(self._buffer):
                self._spill()
        if self._left:
            return Turn.MORE
        self._spill()
        return Turn.DONE

    def spill(self) -> None:
        """Write what waits in the buffer: a stalled client's last bytes count."""
        self._spill()

    def discard(self) -> None:
        """Throw away what is left of a refused body, within bounds: who is still sending reads no answer."""
        spare = memoryview(bytearray(self._buffer.nbytes))
        most = DISCARD_BYTES
        while self._left and most > 0:
            try:
                count = self._socket.recv_into(spare, min(len(spare), self._left))
            except BlockingIOError:
                if self._poll.poll(DISCARD_MS):
                    continue
                return
            except OSError:
                return
            if not count:
                return
            self._left -= count
            most -= count

    def _spill(self) -> None:
        filled, self._filled = self._filled, 0
        if filled:
            self._sink.write(self._buffer[:filled])
