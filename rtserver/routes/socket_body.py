"""Takes a request's body past aiohttp: the fast way reads the connection's own socket on a thread, the plain way
through the parser. The one file of uploads that touches aiohttp's privates; ``test_privates_canary`` breaks first.

The fast way needs a body of known length on a plain TCP connection. The transport is held (not the parser), what the
parser has read already is drained, the rest is received from a duplicate of the socket; then a fresh parser takes the
connection's next request. Not one byte of that can have been read: the thread never asks for more than the body has.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.http import HttpRequestParser
from aiohttp.web_protocol import MAX_MSG_QUEUE_SIZE, RequestPayloadError

from rtserver.wire.errors import AppError
from storage.blobs.pump import BUFFER_BYTES, Pump, Turn
from storage.blobs.sink import Sink
from storage.locks import Hold

T = TypeVar("T")
CUT = web.RequestKey("rt_body_cut", bool)
"""Set on a request whose body was not read to its end: no other request can follow on its connection."""


class Body:
    """Receives bodies on a pool of threads."""

    def __init__(self, pool: Executor, stall_s: float, *, fast: bool) -> None:
        self._pool = pool
        self._stall_s = stall_s
        self._fast = fast
        self.fast_bodies = 0
        """How many came the fast way, for whoever watches."""

    async def receive(self, request: web.Request, sink: Sink, size: int | None, hold: Hold) -> bool:
        """Move the body into the sink; True when all of it came, False when the peer went, stalled or was displaced.

        ``size`` is None for a chunked body. Raises ``disk_full``, and ``upload_length_mismatch`` for a chunked body
        that is longer than the sink has room. After anything but True the connection cannot serve another request.
        """
        transport = request.transport
        if size == 0:
            return True
        plain_tcp = transport is not None and transport.get_extra_info("ssl_object") is None
        if self._fast and size is not None and plain_tcp and transport.get_extra_info("socket") is not None:  # type: ignore[union-attr] # plain_tcp
            return await self._receive_fast(request, sink, size, hold)
        return await self._receive_plain(request, sink, hold)

    # --- the fast way ------------------------------------------------------------------------------------------

    async def _receive_fast(self, request: web.Request, sink: Sink, size: int, hold: Hold) -> bool:
        protocol: Any = request.protocol
        content: Any = request.content
        protocol._pause_reading_for_buffer()
        first = _drain(content, protocol)
        if content.is_eof():  # all of it was there already; the parser stands where it should
            protocol._resume_reading_for_buffer()
            await self._run(lambda: sink.write(memoryview(first)))
            return True
        self.fast_bodies += 1
        pump: Pump | None = None
        duplicate = socket.socket(fileno=os.dup(request.transport.get_extra_info("socket").fileno()))  # type: ignore[union-attr] # looked at by receive
        try:
            pump = Pump(duplicate, sink, size, hold)
            if first:
                await self._run(lambda: pump.feed(first))
            try:
                return await self._pump(pump, duplicate, hold)
            except AppError:
                await self._run(pump.discard)
                raise
        finally:
            duplicate.close()
            content.feed_eof()
            if pump is not None and pump.left == 0:
                _renew_parser(protocol)
                protocol._resume_reading_for_buffer()
            else:  # the rest of the body would be read as a request: the connection is closed behind the answer
                request[CUT] = True

    async def _pump(self, pump: Pump, source: socket.socket, hold: Hold) -> bool:
        while True:
            match await self._run(pump.turn):
                case Turn.DONE:
                    return True
                case Turn.CUT | Turn.STOPPED:
                    return False
                case Turn.DRY:
                    if not await self._readable(source, hold):
                        await self._run(pump.spill)
                        return False
                case Turn.MORE:
                    pass

    async def _readable(self, source: socket.socket, hold: Hold) -> bool:
        """Wait until bytes or the end are there; False when the client stalls or a newcomer asks for the upload."""
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_reader(source.fileno(), came.set)
        coming = asyncio.ensure_future(came.wait())
        stop = asyncio.ensure_future(hold.stop.wait())
        try:
            await asyncio.wait({coming, stop}, timeout=self._stall_s, return_when=asyncio.FIRST_COMPLETED)
            return came.is_set()
        finally:
            loop.remove_reader(source.fileno())
            coming.cancel()
            stop.cancel()

    # --- the plain way -----------------------------------------------------------------------------------------

    async def _receive_plain(self, request: web.Request, sink: Sink, hold: Hold) -> bool:
        """1 MiB is gathered while the one before is written."""
        writing: asyncio.Future[None] | None = None
        gathered = bytearray()
        room = sink.room
        complete = False
        try:
            while True:
                block = await self._block(request, hold)
                if block is None:
                    break
                complete = not block
                if len(block) > room:
                    gathered += block[:room]
                    raise AppError("upload_length_mismatch", limit=sink.room)
                room -= len(block)
                gathered += block
                if gathered and (complete or len(gathered) >= BUFFER_BYTES):
                    if writing is not None:
                        await writing
                    writing = asyncio.ensure_future(self._run(_write(sink, gathered)))
                    gathered = bytearray()
                if complete:
                    break
        finally:
            if writing is not None:
                await writing
            if gathered:
                await self._run(_write(sink, gathered))
        return complete

    async def _block(self, request: web.Request, hold: Hold) -> bytes | None:
        """The next bytes, none at the body's end, None when the client went or stalled or was displaced."""
        reading = asyncio.ensure_future(request.content.readany())
        stop = asyncio.ensure_future(hold.stop.wait())
        try:
            await asyncio.wait({reading, stop}, timeout=self._stall_s, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                return None
            return reading.result()
        except (ConnectionError, RequestPayloadError):
            return None
        finally:
            stop.cancel()
            if not reading.done():
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _run(self, work: Callable[[], T]) -> T:
        """On the pool. A cancelled caller still waits for the thread: it works on files that are about to be closed."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait({future})
            raise


def _write(sink: Sink, gathered: bytearray) -> Callable[[], None]:
    return lambda: sink.write(memoryview(gathered))


def _drain(content: Any, protocol: Any) -> bytes:
    """All body bytes that aiohttp has read: of the stream, and those that its paused parser still holds."""
    found = bytearray()
    while True:
        block = content.read_nowait()
        if block:
            found += block
        elif protocol._reading_paused:
            protocol.resume_reading()  # parses what it held; the transport stays held
        else:
            return bytes(found)


def _renew_parser(protocol: Any) -> None:
    """A parser that stands before a request: the old one still waits for the body that went past it."""
    if protocol._parser is None:
        return
    protocol._parser = HttpRequestParser(
        protocol,
        protocol._loop,
        protocol._read_bufsize,
        max_line_size=protocol.max_line_size,
        max_field_size=protocol.max_field_size,
        max_headers=protocol.max_headers,
        payload_exception=RequestPayloadError,
        max_msg_queue_size=MAX_MSG_QUEUE_SIZE,
    )
