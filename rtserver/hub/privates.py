"""The one file that touches privates of python-socketio, python-engineio and aiohttp; a canary test breaks first.

Frames go straight to a websocket's transport: no queue, no writer task's hop, no frame built twice. What one tick has
for one socket leaves in one write. Polling clients keep the library's own queue. Knows no room and no right.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp.web import WebSocketResponse
from engineio import packet as eio_packet
from engineio.async_drivers import aiohttp as driver
from engineio.async_socket import AsyncSocket
from socketio import AsyncServer
from socketio.msgpack_packet import MsgPackPacket

from .frames import Opcode, build

POLL_QUEUE_MAX = 512
"""Packets that wait for a polling client's next request; more, and it is cut and resumes by its cursors."""


class FastMsgPackPacket(MsgPackPacket):  # type: ignore[misc] # python-socketio ships no types
    """The same packet, encoded by msgspec, so that Structs go out without a copy into dicts."""

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self._to_dict())


class DirectSocket(AsyncSocket):  # type: ignore[misc] # python-engineio ships no types
    """An engine.io socket whose packets are written in the tick that made them."""

    response: WebSocketResponse
    pending: list[bytes]
    taken: bool
    """The writer task holds packets that it has not written yet."""

    @property
    def transport(self) -> asyncio.Transport | None:
        writer = self.response._writer
        return None if writer is None else writer.transport

    def direct(self) -> bool:
        """Whether frames may pass the queue: upgraded, and nothing older waits in it."""
        return bool(self.upgraded and self.queue.empty() and not self.taken and not self.closed)

    async def poll(self) -> list[Any]:
        """What the writer task sends next. The library's own gives up, and closes the socket, after a time without
        queued packets; here nearly nothing is queued, and a silent client is found by its missing pongs.
        """
        if not self.upgraded:
            return list(await super().poll())
        self.taken = False
        packets = [await self.queue.get()]
        self.queue.task_done()
        if packets == [None]:
            return []
        self.taken = True  # in the same step as the queue became empty: no frame can pass these
        while not self.queue.empty():
            packet = self.queue.get_nowait()
            self.queue.task_done()
            if packet is None:
                self.queue.put_nowait(None)
                break
            packets.append(packet)
        return packets

    def write(self, frame: bytes) -> None:
        """Append to this tick's write."""
        if not self.pending:
            asyncio.get_running_loop().call_soon(self.flush)
        self.pending.append(frame)

    def flush(self) -> None:
        data, self.pending = self.pending, []
        transport = self.transport
        if data and transport is not None and not transport.is_closing():
            transport.write(data[0] if len(data) == 1 else b"".join(data))

    def buffered_bytes(self) -> int:
        transport = self.transport
        waiting = sum(map(len, self.pending))
        return waiting + (transport.get_write_buffer_size() if transport is not None else 0)

    async def send(self, pkt: Any) -> None:
        if not self.direct():
            await super().send(pkt)
            return
        data = pkt.encode()
        if isinstance(data, bytes):
            self.write(build(Opcode.BINARY, data))
        else:
            self.write(build(Opcode.TEXT, data.encode()))


class DirectWebSocket(driver.WebSocket):  # type: ignore[misc] # as above
    """The driver's websocket without per-message compression, which turns its socket into a ``DirectSocket``."""

    async def __call__(self, environ: Any) -> WebSocketResponse:
        request = environ["aiohttp.request"]
        response = WebSocketResponse(max_msg_size=self.server.max_http_buffer_size, compress=False)
        await response.prepare(request)
        self._sock = response
        self.environ = environ
        socket = self.handler.__self__
        socket.response, socket.pending, socket.taken = response, [], False
        socket.__class__ = DirectSocket
        await self.handler(self)
        return response


def make_server(
    *, msgpack: bool, json: Any, direct: bool, ping_interval_s: int, ping_timeout_s: int, max_bytes: int
) -> Any:
    """A Socket.IO server of one encoding; ``direct`` False is python-socketio as it comes."""
    server = AsyncServer(
        async_mode="aiohttp",
        serializer=FastMsgPackPacket if msgpack else "default",
        json=json,
        cors_allowed_origins=[],  # our own check of Origin stands in the connect handler
        ping_interval=ping_interval_s,
        ping_timeout=ping_timeout_s,
        max_http_buffer_size=max_bytes,
        logger=False,
        engineio_logger=False,
        http_compression=False,
    )
    if direct:
        server.eio._async = {**server.eio._async, "websocket": DirectWebSocket}
    return server


def socket_of(server: Any, sid: str) -> AsyncSocket:
    """The engine.io socket of a Socket.IO connection in the default namespace."""
    return server.eio._get_socket(server.manager.eio_sid_from_sid(sid, "/"))


def write_packet(socket: AsyncSocket, frame: bytes, packet: str | bytes) -> bool:
    """Send a prebuilt message: the frame to a websocket, the packet into a poll's queue. False when that is full."""
    if isinstance(socket, DirectSocket) and socket.direct():
        socket.write(frame)
        return True
    if socket.queue.qsize() >= POLL_QUEUE_MAX:
        return False
    socket.queue.put_nowait(eio_packet.Packet(eio_packet.MESSAGE, packet))
    return True


def buffered_bytes(socket: AsyncSocket) -> int:
    return socket.buffered_bytes() if isinstance(socket, DirectSocket) else 0


def abort(socket: AsyncSocket) -> None:
    """Drop a connection that takes nothing any more; the library notices and says disconnect."""
    transport = socket.transport if isinstance(socket, DirectSocket) else None
    if transport is not None:
        transport.abort()
