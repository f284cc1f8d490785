"""The server that the official suites of engine.io-protocol and socket.io-protocol expect, from the hub's own parts.

``python -m tests.protocol.echo PORT [stock]``: Engine.IO echo under /engine.io/, Socket.IO under /socket.io/ with the
namespaces ``/`` and ``/custom``. Heartbeat 300/200 ms as the suites are written
(python-engineio as it comes truncates to whole seconds: 1000/1000 ms under ``stock``), packets to 1,000,000 bytes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from aiohttp import web

from rtserver.hub import privates
from rtserver.hub.encoding import Json


def socketio_server(direct: bool) -> Any:
    server = privates.make_server(
        msgpack=False,
        json=Json,
        direct=direct,
        ping_interval_s=0.3 if direct else 1,
        ping_timeout_s=0.2 if direct else 1,
        max_bytes=1_000_000,
        high_bytes=65_536,
        namespaces=["/", "/custom"],
    )
    if direct:
        server.eio.join_s = 1.0
    for namespace in ("/", "/custom"):

        async def connect(sid: str, _environ: object, auth: object = None, space: str = namespace) -> None:
            async def greet() -> None:  # after the CONNECT packet
                await server.emit("auth", auth or {}, to=sid, namespace=space)

            task = asyncio.get_running_loop().create_task(greet())
            keep.add(task)

        async def message(sid: str, *args: object, space: str = namespace) -> None:
            await server.emit("message-back", args, to=sid, namespace=space)

        async def message_with_ack(_sid: str, *args: object) -> object:
            return args

        server.on("connect", connect, namespace=namespace)
        server.on("message", message, namespace=namespace)
        server.on("message-with-ack", message_with_ack, namespace=namespace)
    return server


keep: set[asyncio.Task[None]] = set()


def engine_echo(direct: bool) -> Any:
    """Engine.IO alone: every message comes back. Its Socket.IO layer is taken off."""
    server = socketio_server(direct)
    engine = server.eio

    async def connect(sid: str, _environ: object) -> None:
        if direct:
            engine.sockets[sid].joined = 1  # there is no namespace to join

    async def message(sid: str, data: str | bytes) -> None:
        await engine.send(sid, data)

    async def disconnect(_sid: str, _reason: str) -> None:
        return None

    engine.handlers.update(connect=connect, message=message, disconnect=disconnect)
    return server


def app(direct: bool = True) -> web.Application:
    made = web.Application()
    privates.attach(socketio_server(direct), made, "socket.io")
    privates.attach(engine_echo(direct), made, "engine.io")
    return made


if __name__ == "__main__":
    web.run_app(app(sys.argv[2:] != ["stock"]), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
