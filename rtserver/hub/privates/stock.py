"""python-socketio's own sockets behind the hub's port: about ten times slower, for comparing and as a way back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from engineio import packet
from engineio.async_socket import AsyncSocket
from socketio import AsyncServer

from ..encoding import Encoded
from ..session import POLL_QUEUE_MAX, T


class StockSocket:
    """Gives the hub's ``Socket`` from an ``AsyncSocket``, whose queue feeds both transports."""

    __slots__ = ("_msgpack", "_server", "_sid", "_socket")

    def __init__(self, server: AsyncServer, eio_sid: str, msgpack: bool) -> None:
        self._server = server
        self._sid = eio_sid
        self._socket: AsyncSocket = server.eio._get_socket(eio_sid)
        self._msgpack = msgpack

    def tell(self, encoded: Encoded) -> bool:
        queue: asyncio.Queue[Any] = self._socket.queue
        if queue.qsize() >= POLL_QUEUE_MAX:
            return False
        data = encoded.msgpack_packet if self._msgpack else encoded.json_packet[1:].decode()
        queue.put_nowait(packet.Packet(packet.MESSAGE, data))
        return True

    def slow_since(self) -> float | None:
        """The queue is bounded by packets, not by time."""
        return None

    def waiting_bytes(self) -> int:
        """The library does not know."""
        return 0

    def full(self) -> bool:
        return bool(self._socket.queue.qsize() >= POLL_QUEUE_MAX)

    def abort(self) -> None:
        task = asyncio.ensure_future(self._socket.close(wait=False, abort=True))
        task.add_done_callback(lambda _: self._server.eio.sockets.pop(self._sid, None))

    def hang_up(self) -> None:
        """The client hangs up by itself when it reads its DISCONNECT."""


def tell_each(groups: Iterable[Iterable[T]], encoded: Encoded) -> tuple[int, list[T]]:
    """``tell_all`` for these sockets."""
    told = [(listener, listener.socket.tell(encoded)) for group in groups for listener in group]
    return len(told), [listener for listener, took in told if not took]
