"""The data plane with plain socket calls: one system call a datagram. For systems without recvmmsg and sendmmsg."""

from __future__ import annotations

import socket
from typing import Any

from .base import PLACE_BYTES, SOCKET_BYTES, Buffers, Source


def bind(host: str, port: int, kind: int) -> socket.socket:
    """A bound socket that does not block, with large buffers where the system gives them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_DGRAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


class PlainPlane:
    """See ``base.Plane``."""

    def __init__(self, host: str, port: int, places: int | None = None) -> None:
        self.buffers = Buffers(places)
        self.sizes = [0] * self.buffers.inbound
        self.sources: list[Source] = [None] * self.buffers.inbound
        self.dropped = 0
        self.sent = 0
        self._socket = bind(host, port, socket.SOCK_DGRAM)
        self._in = [self.buffers.in_view[n * PLACE_BYTES : (n + 1) * PLACE_BYTES] for n in range(self.buffers.inbound)]
        self._waiting: list[tuple[int, Any]] = []

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def bound(self) -> tuple[str, int]:
        name = self._socket.getsockname()
        return str(name[0]), int(name[1])

    def receive(self) -> int:
        count = 0
        while count < self.buffers.inbound:
            try:
                self.sizes[count], self.sources[count] = self._socket.recvfrom_into(self._in[count])
            except (BlockingIOError, InterruptedError):
                break
            except OSError:  # an ICMP error of an earlier send
                continue
            count += 1
        return count

    def destination(self, source: Source) -> Any:
        return source

    def source(self, address: str, port: int) -> Source:
        return (address, port, 0, 0) if ":" in address else (address, port)

    def told(self, source: Source) -> tuple[bytes, int]:
        at: Any = source
        return socket.inet_pton(socket.AF_INET6 if ":" in at[0] else socket.AF_INET, at[0].partition("%")[0]), at[1]

    def room(self) -> int:
        if len(self._waiting) == self.buffers.outbound:
            self.flush()
        return len(self._waiting)

    def put(self, size: int, destination: Any) -> None:
        self._waiting.append((size, destination))

    def flush(self) -> None:
        view = self.buffers.out_view
        for place, (size, destination) in enumerate(self._waiting):
            try:
                self._socket.sendto(view[place * PLACE_BYTES : place * PLACE_BYTES + size], destination)
                self.sent += 1
            except OSError:
                self.dropped += 1
        self._waiting.clear()

    def close(self) -> None:
        self._socket.close()
