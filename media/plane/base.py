"""The port of the data plane. Implementations: ``mmsg`` (Linux), ``plain`` (anywhere). Packets are written in
place: nothing is copied between SRTP and the socket.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from media.srtp import ffi

IN_PLACES = 64
"""Datagrams read at one wake-up: 64 × 2 KiB stay in the second-level cache."""
OUT_PLACES = 256
"""Datagrams written at once; sendmmsg takes up to 1,024, but waiting longer only adds delay."""
PLACE_BYTES = 2_048
"""A datagram of 1,500 bytes and what SRTP adds."""
SOCKET_BYTES = 4_194_304
"""Socket buffers asked for: a key frame of 300 kB to 99 receivers does not fit, its paced parts do."""

Source = Hashable
"""Where a datagram came from: a key for tables, and what ``destination`` takes."""


class Buffers:
    """Places for datagrams in one block of memory each way, as pointers for SRTP and as one view for Python."""

    def __init__(self, places: int | None = None) -> None:
        """``places`` is how many each way; a server's numbers when not given."""
        self.inbound, self.outbound = (places, places) if places else (IN_PLACES, OUT_PLACES)
        self._inbound = ffi.new("char[]", self.inbound * PLACE_BYTES)
        self._outbound = ffi.new("char[]", self.outbound * PLACE_BYTES)
        self.in_view = memoryview(ffi.buffer(self._inbound)).cast("B")
        self.out_view = memoryview(ffi.buffer(self._outbound)).cast("B")
        self.in_at: list[Any] = [self._inbound + n * PLACE_BYTES for n in range(self.inbound)]
        self.out_at: list[Any] = [self._outbound + n * PLACE_BYTES for n in range(self.outbound)]


class Plane(Protocol):
    """One bound UDP socket. ``receive`` fills places from 0 on; ``room`` and ``put`` fill one outgoing place after the
    other; ``flush`` sends them. What the system does not take at once is dropped and counted: late media is no media.
    """

    buffers: Buffers
    sizes: list[int]
    sources: list[Source]
    dropped: int
    sent: int

    def fileno(self) -> int: ...

    @property
    def bound(self) -> tuple[str, int]:
        """The address and port it listens on."""

    def receive(self) -> int:
        """How many datagrams were read into places 0…; their sizes and sources stand in the lists."""

    def destination(self, source: Source) -> Any:
        """What ``put`` sends to."""

    def source(self, address: str, port: int) -> Source:
        """What a datagram from there comes with."""

    def told(self, source: Source) -> tuple[bytes, int]:
        """Address (4 or 16 bytes) and port, for STUN."""

    def room(self) -> int:
        """The next free outgoing place; sends what waits when all are taken."""

    def put(self, size: int, destination: Any) -> None:
        """The place that ``room`` gave holds ``size`` bytes for ``destination``."""

    def flush(self) -> None: ...

    def close(self) -> None: ...
