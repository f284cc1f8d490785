"""The worker's one port: UDP on each address, ICE-TCP on the same number. Tells datagrams apart (RFC 7983) and hands
each to its connection. It decides nothing about media.

Every address has a socket of its own: an answer must leave from the address that was asked, or the client ignores it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

from .connection import Connection
from .media_lines import Candidate
from .plane.base import IN_PLACES, PLACE_BYTES, Plane, Source
from .plane.mmsg import AVAILABLE, MmsgPlane
from .plane.plain import PlainPlane, bind
from .stun import parse_request

log = logging.getLogger(__name__)

ROUNDS_MOST = 8
"""Batches read at one wake-up, then the loop gets its turn."""
STREAM_BYTES = 262_144
"""Waiting in one TCP connection at which media is dropped: a second of video on a slow line."""
STREAMS_MOST = 1_000
CHOICES = 20
"""Numbers that the system may choose until one is free for both UDP and TCP."""
FIRST_CHECK_S = 10.0
"""A TCP connection that has brought no valid check by then is closed."""


class Door:
    """One address: its plane, and which connection each source belongs to."""

    def __init__(self, port: Port, plane: Plane) -> None:
        self.plane = plane
        self.by_source: dict[Source, Connection] = {}
        self._port = port
        view = plane.buffers.in_view
        self._views = [view[n * PLACE_BYTES : (n + 1) * PLACE_BYTES] for n in range(IN_PLACES)]

    def readable(self) -> None:
        plane = self.plane
        sizes, sources, views, at = plane.sizes, plane.sources, self._views, plane.buffers.in_at
        by_source = self.by_source
        for _ in range(ROUNDS_MOST):
            count = plane.receive()
            if not count:
                break
            now_s = time.monotonic()
            for n in range(count):
                view = views[n]
                first = view[0] if sizes[n] else 0xFF
                if 128 <= first < 192:
                    connection = by_source.get(sources[n])
                    if connection is not None:
                        connection.on_media(view, at[n], sizes[n], now_s)
                else:
                    self._other(first, bytes(view[: sizes[n]]), sources[n], now_s)
            self._port.flush()
            if count < IN_PLACES:
                break

    def _other(self, first: int, data: bytes, source: Source, now_s: float) -> None:
        if first < 4:
            self._port.on_stun(self, data, source, None, now_s)
        elif 20 <= first < 64:
            connection = self.by_source.get(source)
            if connection is not None:
                connection.on_dtls(data)


class Port:
    """Built with the addresses to bind; ``start`` once, ``close`` once."""

    def __init__(self, hosts: Sequence[str], number: int, public: Sequence[str] = (), *, plain: bool = False) -> None:
        make = PlainPlane if plain or not AVAILABLE else MmsgPlane
        self.doors: list[Door] = []
        self._servers: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.by_ufrag: dict[str, Connection] = {}
        self.refused = 0
        """STUN that was no check of ours."""
        tries = 1 if number else CHOICES
        while True:
            tries -= 1
            try:
                self.number = self._bind(hosts, number, make)
                break
            except OSError:
                self._shut()
                if not tries:
                    raise
        number = self.number
        addresses = list(public) or [door.plane.bound[0] for door in self.doors]
        self.candidates = [Candidate(kind, one, number) for kind in ("udp", "tcp") for one in addresses]

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        for door, server in zip(self.doors, self._servers, strict=True):
            loop.add_reader(door.plane.fileno(), door.readable)
            loop.add_reader(server.fileno(), self._accept, door, server)

    def _bind(self, hosts: Sequence[str], number: int, make: Callable[[str, int], Plane]) -> int:
        """UDP and TCP of one number on every address; 0 takes the one that the system gives to the first."""
        self.doors, self._servers = [], []
        for host in hosts:
            plane = make(host, number)
            number = number or plane.bound[1]
            self.doors.append(Door(self, plane))
            server = bind(host, number, socket.SOCK_STREAM)
            self._servers.append(server)
            server.listen(128)
        return number

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        for door, server in zip(self.doors, self._servers, strict=True):
            loop.remove_reader(door.plane.fileno())
            loop.remove_reader(server.fileno())
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._shut()

    def _shut(self) -> None:
        for door in self.doors:
            door.plane.close()
        for server in self._servers:
            server.close()

    def flush(self) -> None:
        for door in self.doors:
            door.plane.flush()

    def add(self, connection: Connection) -> None:
        """Answer its checks from now on."""
        self.by_ufrag[connection.ufrag] = connection
        connection.unmap = lambda: self._remove(connection)

    def _remove(self, connection: Connection) -> None:
        self.by_ufrag.pop(connection.ufrag, None)
        for door in self.doors:
            for known, source in connection.pairs:
                if known == id(door.plane) and door.by_source.get(source) is connection:
                    del door.by_source[source]

    def on_stun(
        self, door: Door, data: bytes, source: Source, stream: Framed | None, now_s: float
    ) -> Connection | None:
        """Answer a check; the connection it belongs to."""
        request = parse_request(data)
        connection = self.by_ufrag.get(request.ufrag) if request is not None else None
        if request is None or connection is None or not connection.check(request, door.plane, source, stream, now_s):
            self.refused += 1
            return None
        if stream is None:
            door.by_source[source] = connection
        return connection

    # --- ICE-TCP -------------------------------------------------------------------------------------------

    def _accept(self, door: Door, server: socket.socket) -> None:
        try:
            made, _ = server.accept()
        except OSError:
            return
        if len(self._tasks) >= STREAMS_MOST:
            made.close()
            return
        made.setblocking(False)
        with contextlib.suppress(OSError):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = asyncio.get_running_loop().create_task(self._serve(door, made), name="ice-tcp")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, door: Door, made: socket.socket) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=made, limit=65_536)
        except OSError:
            made.close()
            return
        framed = Framed(writer)
        peer: Any = writer.get_extra_info("peername")
        family = socket.AF_INET6 if ":" in peer[0] else socket.AF_INET
        source = (socket.inet_pton(family, peer[0].partition("%")[0]), peer[1])
        buffers = door.plane.buffers
        connection: Connection | None = None
        try:
            async with asyncio.timeout(FIRST_CHECK_S) as limit:
                while True:
                    head = await reader.readexactly(2)
                    size = head[0] << 8 | head[1]
                    data = await reader.readexactly(size)
                    if not 0 < size <= PLACE_BYTES:
                        continue
                    now_s = time.monotonic()
                    if data[0] < 4:
                        found = self.on_stun(door, data, source, framed, now_s)
                        if found is not None:
                            connection = found
                            limit.reschedule(None)
                    elif connection is None:
                        return
                    elif 20 <= data[0] < 64:
                        connection.on_dtls(data)
                    elif 128 <= data[0] < 192:
                        view = buffers.in_view[:PLACE_BYTES]
                        view[:size] = data
                        connection.on_media(view, buffers.in_at[0], size, now_s)
                        self.flush()
        except (asyncio.IncompleteReadError, OSError, TimeoutError):
            return
        finally:
            framed.close()


class Framed:
    """A TCP connection with RFC 4571 framing; a full one drops datagrams."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, datagram: bytes | memoryview) -> None:
        transport = self._writer.transport
        if not transport.is_closing() and transport.get_write_buffer_size() < STREAM_BYTES:
            self._writer.write(struct.pack("!H", len(datagram)) + bytes(datagram))

    def close(self) -> None:
        self._writer.close()
