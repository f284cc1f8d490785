"""Answers a websocket's handshake and takes its transport away from aiohttp, which then forgets the connection.

aiohttp's handler, request and parser of an upgraded connection cost about 15 KiB and two tasks for as long as it lives.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from aiohttp import web

from ..link import Link

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 §1.3."""


class Detached(web.Response):
    """Given to aiohttp in place of a response: everything was written already."""

    async def prepare(self, request: Any) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


def refusal(request: web.Request) -> web.Response | None:
    """What a request that is no websocket handshake gets (RFC 6455 §4.2.1, §4.4), None when it is one."""
    headers = request.headers
    upgrade = headers.get("Upgrade", "").lower() == "websocket"
    connection = {part.strip().lower() for part in headers.get("Connection", "").split(",")}
    if request.method != "GET" or not upgrade or "upgrade" not in connection:
        return web.Response(status=400, text="websocket handshake expected")
    if headers.get("Sec-WebSocket-Version") != "13":
        return web.Response(status=426, headers={"Sec-WebSocket-Version": "13"})
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    return None if len(key) == 16 else web.Response(status=400, text="Sec-WebSocket-Key")


def detach(request: web.Request, link: Link, first: bytes) -> Detached:
    """Answer 101 and ``first`` in one write and hand the transport to ``link``. The request passed ``refusal``.

    Raises ``ConnectionResetError`` when the client is gone already.
    """
    handler: Any = request.protocol
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError
    key = request.headers["Sec-WebSocket-Key"].encode()
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 - RFC 6455 §4.2.2 asks for SHA-1
    transport.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept
        + b"\r\n\r\n"
        + first
    )
    tail: bytes = handler._message_tail
    handler._message_tail = b""
    was_paused = handler._reading_paused
    handler.transport = None  # or the handler would close it with itself
    link.attach(transport)
    handler.connection_lost(None)  # cancels its timers and takes it out of the server's list
    if was_paused:
        link.resume_reading()
    if tail:
        link.data_received(tail)
    return Detached()
