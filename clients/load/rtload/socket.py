"""One lean Socket.IO client over a websocket: own framing, no task, no queue. It answers pings and counts events.

It trusts its server: frames are not checked, since a load generator must cost less than what it measures.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket as sockets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

_MASK = b"\0\0\0\0"
"""A mask of zeros is a mask (RFC 6455 §5.3): this client's bytes pass no proxy that they could poison."""


def frame(payload: bytes, opcode: int) -> bytes:
    """A masked final frame (RFC 6455 §5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, 0x80 | size)) + _MASK + payload
    if size < 65536:
        return bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2, "big") + _MASK + payload
    return bytes((0x80 | opcode, 0xFF)) + size.to_bytes(8, "big") + _MASK + payload


class LeanSocket(asyncio.Protocol):
    """``on_event(at_s, payload)`` is called for each event named ``wanted``; ``ready`` is done by the welcome."""

    __slots__ = (
        "_acks",
        "_auth",
        "_buffer",
        "_host",
        "_on_event",
        "_path",
        "_upgraded",
        "msgpack",
        "ready",
        "transport",
        "waiting",
        "wanted",
    )  # fmt: skip

    def __init__(
        self, url: str, auth: dict[str, Any], *, msgpack: bool, on_event: Callable[[float, bytes], None]
    ) -> None:
        parts = urlsplit(url)
        self._host = f"{parts.hostname}:{parts.port}"
        self._path = "/socket.io-msgpack/" if msgpack else "/socket.io/"
        self._auth = auth
        self.msgpack = msgpack
        self.wanted = b"message.posted"
        self._on_event = on_event
        self._buffer = b""
        self._upgraded = False
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    async def open(self, *, receive_bytes: int = 0, timeout_s: float = 30) -> None:
        """Connect, log in and wait for the welcome. ``receive_bytes`` above 0 limits the kernel's receive buffer.

        Raises ``OSError`` or ``TimeoutError``.
        """
        loop = asyncio.get_running_loop()
        host, port = self._host.split(":")
        raw = sockets.socket()
        raw.setblocking(False)
        if receive_bytes:
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_bytes)
        await loop.sock_connect(raw, (host, int(port)))
        await loop.create_connection(lambda: self, sock=raw)
        await asyncio.wait_for(asyncio.shield(self.ready), timeout_s)
        self._auth = {}

    # --- protocol ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment] # a TCP transport it is
        key = base64.b64encode(os.urandom(16)).decode()
        self._write(
            f"GET {self._path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        at_s = time.perf_counter()
        buffer = self._buffer + data if self._buffer else data
        start = 0
        if not self._upgraded:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            if b" 101 " not in buffer[:20]:
                self._fail(OSError(buffer[:60].decode(errors="replace")))
                return
            self._upgraded = True
            start = end + 4
        size = len(buffer)
        while size - start >= 2:
            length = buffer[start + 1]
            head = start + 2
            if length == 126:
                if size < start + 4:
                    break
                length = (buffer[start + 2] << 8) | buffer[start + 3]
                head = start + 4
            elif length == 127:
                if size < start + 10:
                    break
                length = int.from_bytes(buffer[start + 2 : start + 10], "big")
                head = start + 10
            stop = head + length
            if stop > size:
                break
            if buffer.find(self.wanted, head, min(stop, head + 80)) >= 0:
                self._on_event(at_s, buffer[head:stop])
            else:
                self._other(buffer[start] & 0x0F, buffer[head:stop])
            start = stop
        self._buffer = buffer[start:] if start < size else b""

    def connection_lost(self, exc: BaseException | None) -> None:
        self._fail(exc or ConnectionResetError("closed by the server"))
        self.transport = None

    # --- packets -------------------------------------------------------------------------------------------

    def _other(self, opcode: int, payload: bytes) -> None:
        if opcode == 1 and payload == b"2":
            self._write(frame(b"3", 1))
        elif opcode == 1 and payload[:1] == b"0":
            if self.msgpack:
                self._write(frame(msgspec.msgpack.encode({"type": 0, "data": self._auth, "nsp": "/"}), 2))
            else:
                self._write(frame(b"40" + json.dumps(self._auth).encode(), 1))
        elif b"server.welcome" in payload:
            if not self.ready.done():
                self.ready.set_result(None)
        elif payload[:2] == b"44" or (opcode == 2 and b"\xa4type\x04" in payload):
            self._fail(OSError(payload[:200].decode(errors="replace")))
        elif payload[:2] == b"43":
            bracket = payload.index(b"[")
            self._acked(int(payload[2:bracket]), msgspec.json.decode(payload[bracket:]))
        elif opcode == 2:
            packet = msgspec.msgpack.decode(payload)
            if packet.get("type") == 3:
                self._acked(packet["id"], packet["data"])

    def _acked(self, number: int, data: list[Any]) -> None:
        waiting = self._acks.pop(number, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(data[0] if data else None)

    def call(self, name: str, fields: dict[str, Any]) -> asyncio.Future[Any]:
        """Send a command; the future gives its acknowledgement."""
        number = len(self._acks) + 1
        while number in self._acks:
            number += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._acks[number] = answer
        if self.msgpack:
            packet = {"type": 2, "data": [name, fields], "id": number, "nsp": "/"}
            self._write(frame(msgspec.msgpack.encode(packet), 2))
        else:
            self._write(frame(b"42" + str(number).encode() + msgspec.json.encode([name, fields]), 1))
        return answer

    def deafen(self) -> None:
        """Read nothing any more."""
        if self.transport is not None:
            self.transport.pause_reading()

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def _fail(self, error: BaseException) -> None:
        for waiting in [self.ready, *self._acks.values()]:
            if not waiting.done():
                waiting.set_exception(error)
                waiting.exception()  # whoever waits hears of it; nobody need wait
        self._acks.clear()
