"""The one folder that touches privates of python-socketio, python-engineio and aiohttp; a canary test breaks first.

``lean.py`` is the house's own path, ``stock.py`` the library's as it comes, for comparing. Both give a ``Socket``.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
from aiohttp import web
from socketio import AsyncServer
from socketio.msgpack_packet import MsgPackPacket
from socketio.packet import Packet

from ..door import Door
from ..encoding import Encoded
from ..session import tell_all
from .lean import LeanManager, LeanServer
from .stock import StockSocket, tell_each

__all__ = ["Socket", "attach", "door_of", "make_server", "socket_of", "tell_all", "tell_each"]


class Socket(Protocol):
    """One live client, as far as the hub sends to it."""

    def tell(self, encoded: Encoded) -> bool:
        """Send; False when this receiver takes too little."""

    def full(self) -> bool:
        """Nothing more can wait for it."""

    def slow_since(self) -> float | None:
        """The loop's time since which too much waits for it."""

    def waiting_bytes(self) -> int: ...

    def abort(self) -> None:
        """Cut it; its disconnect is told as of any other."""

    def hang_up(self) -> None:
        """End it in order, after what was sent."""


class JsonPacket(Packet):  # type: ignore[misc] # python-socketio ships no types
    """The default packet with a ``json`` of its own: the library would set it for the whole process."""


class FastMsgPackPacket(MsgPackPacket):  # type: ignore[misc] # as above
    """The same packet, encoded by msgspec, so that Structs go out without a copy into dicts."""

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self._to_dict())


def make_server(
    *,
    msgpack: bool,
    json: Any,
    direct: bool,
    ping_interval_s: float,
    ping_timeout_s: float,
    max_bytes: int,
    high_bytes: int,
    namespaces: list[str] | None = None,
) -> Any:
    """A Socket.IO server of one encoding; ``direct`` False is python-socketio as it comes."""
    server = (LeanServer if direct else AsyncServer)(
        async_mode="aiohttp",
        client_manager=LeanManager() if direct else None,
        serializer=FastMsgPackPacket if msgpack else JsonPacket,
        json=json,
        namespaces=namespaces,
        cors_allowed_origins=[],  # our own check of Origin stands in the connect handler
        ping_interval=ping_interval_s,
        ping_timeout=ping_timeout_s,
        max_http_buffer_size=max_bytes,
        logger=False,
        engineio_logger=False,
        http_compression=False,
    )
    if direct:
        server.eio.prepare(msgpack=msgpack, high_bytes=high_bytes)
    return server


def attach(server: Any, app: web.Application, path: str) -> None:
    """Serve under ``/path/``."""
    if isinstance(server, LeanServer):
        app.router.add_route("*", f"/{path}/", server.eio.handle_request)
    else:
        server.attach(app, path)


def door_of(environ: Any) -> Door:
    """What a connect handler is given: the lean path keeps a ``Door``, the library a whole request."""
    return environ if isinstance(environ, Door) else Door.of(environ["aiohttp.request"])


def socket_of(server: Any, sid: str) -> Socket:
    """The socket of a Socket.IO connection in the default namespace. Raises ``KeyError`` when it is gone."""
    eio_sid = server.manager.eio_sid_from_sid(sid, "/")
    if isinstance(server, LeanServer):
        session: Socket = server.eio.sockets[eio_sid]
        return session
    return StockSocket(server, eio_sid, issubclass(server.packet_class, MsgPackPacket))
