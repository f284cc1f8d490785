"""One websocket to the server, from its opening to its end. It neither comes back by itself nor knows any command."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec

from rtserver.wire.auth import Handshake

from . import packets
from .errors import LinkLost, Refused

PATH = "/socket.io-msgpack/?EIO=4&transport=websocket"
MESSAGE_MAX_BYTES = 16 * 1024 * 1024
"""A ``chat.list`` of 2,000 chats with their last messages is about 8 MiB; more than this is no answer of rtserver."""


class Link:
    """An open connection; ``next`` until ``LinkLost``, then ``close``."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, opened: packets.Open) -> None:
        self._socket = socket
        self._silence_s = opened.silence_s

    async def send(self, name: str, payload: Any, number: int) -> None:
        """Ask for the acknowledgement ``number``. Raises ``LinkLost``."""
        try:
            await self._socket.send_bytes(packets.event(name, payload, number))
        except (OSError, aiohttp.ClientError) as error:
            raise LinkLost(str(error)) from None

    async def next(self) -> packets.Packet:
        """The next Socket.IO packet; pings are answered on the way. Raises ``LinkLost``."""
        while True:
            try:
                async with asyncio.timeout(self._silence_s):
                    message = await self._socket.receive()
            except TimeoutError:
                raise LinkLost("the server fell silent") from None
            if message.type is aiohttp.WSMsgType.BINARY:
                try:
                    packet = packets.decode(message.data)
                except msgspec.MsgspecError as error:
                    raise LinkLost(f"not a packet: {error}") from None
                if packet.type == packets.DISCONNECT:
                    raise LinkLost("the server hung up")
                return packet
            if message.type is not aiohttp.WSMsgType.TEXT or message.data == "1":
                raise LinkLost("the connection closed")
            if message.data.startswith("2"):
                try:
                    await self._socket.send_str(packets.PONG + message.data[1:])
                except (OSError, aiohttp.ClientError) as error:
                    raise LinkLost(str(error)) from None

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        """Make ``next`` raise ``LinkLost`` now, without waiting for the other side."""
        transport = self._socket.get_extra_info("transport")
        if transport is not None:
            transport.abort()


async def open_link(http: aiohttp.ClientSession, url: str, token: str, timeout_s: float) -> Link:
    """Connect and say who we are. Raises ``LinkLost``, or ``Refused`` with the server's code."""
    socket: aiohttp.ClientWebSocketResponse | None = None
    try:
        async with asyncio.timeout(timeout_s):
            socket = await http.ws_connect(url.rstrip("/") + PATH, max_msg_size=MESSAGE_MAX_BYTES, autoping=True)
            first = await socket.receive()
            if first.type is not aiohttp.WSMsgType.TEXT or not first.data.startswith("0"):
                raise LinkLost("not an Engine.IO server")
            link = Link(socket, msgspec.json.decode(first.data[1:], type=packets.Open))
            await socket.send_bytes(packets.connect(Handshake(token=token)))
            answer = await link.next()
            if answer.type == packets.CONNECT_ERROR:
                raise _refusal(answer.data)
            if answer.type != packets.CONNECT:
                raise LinkLost("the server answered out of turn")
            return link
    except BaseException as error:
        if socket is not None:
            await socket.close()
        if isinstance(error, TimeoutError | OSError | aiohttp.ClientError | msgspec.MsgspecError):
            raise LinkLost(str(error) or "no answer in time") from None
        raise


def _refusal(data: Any) -> Refused:
    """``{"message": code, "data": error}`` of a connect error."""
    whole = data.get("data") if isinstance(data, dict) else None
    return Refused(whole if isinstance(whole, dict) else {"code": str(data), "retryable": True})
