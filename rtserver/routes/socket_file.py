"""Gives a file's bytes to a connection: ``sendfile(2)`` on threads for plain TCP, through the transport under TLS.

The loop only learns that a socket takes bytes again. aiohttp's FileResponse reads on threads under uvloop, at several
times the processor time. Touches the headers' buffer of aiohttp's writer, as its own FileResponse does.
"""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from aiohttp import web

SLICE_BYTES = 1 << 20
TURN_BYTES = 8 << 20
"""What one turn of a thread may send before others get theirs."""
FLUSH_S = 0.01


class Sender:
    """``stall_s``: how long a receiver may take nothing before it is cut; it resumes by a range."""

    def __init__(self, pool: Executor, stall_s: float) -> None:
        self._pool = pool
        self._stall_s = stall_s

    async def send(
        self, request: web.Request, response: web.StreamResponse, path: Path, first: int, count: int
    ) -> None:
        """Headers, then bytes ``first`` to ``first + count``. A connection that cannot get all of them is cut."""
        loop = asyncio.get_running_loop()
        try:
            fd = await loop.run_in_executor(self._pool, lambda: os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        except FileNotFoundError:
            raise web.HTTPNotFound from None  # deleted between the look at its row and this
        try:
            writer: Any = await response.prepare(request)
            transport = request.transport
            if transport is None:
                return
            if transport.get_extra_info("ssl_object") is None and transport.get_extra_info("socket") is not None:
                writer.send_headers()
                done = await self._sendfile(transport, fd, first, count)
            else:
                done = await self._write(response, fd, first, count)
            if not done:
                transport.abort()
                return
            await response.write_eof()
        finally:
            os.close(fd)

    async def _sendfile(self, transport: asyncio.Transport, fd: int, first: int, count: int) -> bool:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)  # uvloop writes at the end of its turn
        async with asyncio.timeout(self._stall_s):
            while transport.get_write_buffer_size():  # noqa: ASYNC110 - the headers go first; only a full socket waits
                await asyncio.sleep(FLUSH_S)
        if transport.is_closing():
            return False
        duplicate = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
        try:
            while count:
                turn = loop.run_in_executor(self._pool, _turn, duplicate.fileno(), fd, first, count)
                try:
                    sent, gone = await asyncio.shield(turn)
                except asyncio.CancelledError:
                    await asyncio.wait({turn})
                    raise
                first, count = first + sent, count - sent
                if gone or transport.is_closing():
                    return count == 0
                if count and sent < TURN_BYTES and not await self._writable(duplicate):
                    return False
            return True
        finally:
            duplicate.close()

    async def _writable(self, goal: socket.socket) -> bool:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(goal.fileno(), ready.set)
        try:
            async with asyncio.timeout(self._stall_s):
                await ready.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_writer(goal.fileno())
        return True

    async def _write(self, response: web.StreamResponse, fd: int, first: int, count: int) -> bool:
        loop = asyncio.get_running_loop()
        while count:
            block = await loop.run_in_executor(self._pool, os.pread, fd, min(SLICE_BYTES, count), first)
            if not block:
                return False
            try:
                async with asyncio.timeout(self._stall_s):
                    await response.write(block)
            except (TimeoutError, ConnectionError):
                return False
            first, count = first + len(block), count - len(block)
        return True


def _turn(goal: int, fd: int, first: int, count: int) -> tuple[int, bool]:
    """Bytes that the socket took now, and whether its peer has gone or the file ended early."""
    sent = 0
    while sent < min(count, TURN_BYTES):
        try:
            done = os.sendfile(goal, fd, first + sent, min(SLICE_BYTES, count - sent))
        except BlockingIOError:
            return sent, False
        except OSError:
            return sent, True
        if not done:
            return sent, True
        sent += done
    return sent, False
