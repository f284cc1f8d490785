"""python-socketio on the house's own Engine.IO: sessions and links in place of its sockets, queues and tasks.

Frames of the hub pass it by; what python-socketio itself sends (CONNECT, ACK, DISCONNECT) goes through the same links.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import engineio
import msgspec
from aiohttp import web
from socketio import AsyncManager, AsyncServer, packet

from ..door import Door
from ..frames import Opcode, build
from ..link import Bounds, Link
from ..session import UPGRADE_S, Poll, Session
from ..tick import Tick
from ..wheel import Wheel
from .detach import detach, refusal

JOIN_S = 45.0
"""A connection that has joined no namespace by then is closed (Node's ``connectTimeout``)."""
log = logging.getLogger("rtserver.hub")
_json = msgspec.json.Encoder()
_TEXT = {"Content-Type": "text/plain; charset=UTF-8"}


class LeanManager(AsyncManager):  # type: ignore[misc] # python-socketio ships no types
    """Only who is connected: rooms are the hub's. The library's rooms cost 2 KiB a client and a scan at each leave."""

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        if room is None:
            super().basic_enter_room(sid, namespace, None, eio_sid=eio_sid)

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        """``to=sid`` of ``emit`` still works: a client's own room is the client."""
        clients = self.rooms.get(namespace, {}).get(None, {})
        if isinstance(room, str):
            return iter([(room, clients[room])] if room in clients else [])
        return iter(list(clients.items()) if room is None else [])

    def basic_disconnect(self, sid: str, namespace: str, **kwargs: Any) -> None:
        if namespace in self.rooms:
            self.basic_leave_room(sid, namespace, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)
                if not pending[namespace]:
                    del pending[namespace]


class LeanEngine(engineio.AsyncServer):  # type: ignore[misc] # python-engineio ships no types
    """The HTTP door of Engine.IO 4 and the heartbeat of all sessions."""

    msgpack = False
    join_s = JOIN_S
    sockets: dict[str, Session]

    def prepare(self, *, msgpack: bool, high_bytes: int) -> None:
        """What the library's constructor has no words for; called once, before the first request."""
        self.msgpack = msgpack
        self._bounds = Bounds(Tick(), self.max_http_buffer_size, high_bytes)
        # Steps a fiftieth of the shorter time, a quarter of a second at most: a heartbeat is early by one step at most.
        self._wheel: Wheel[Session] = Wheel(max(0.01, min(0.25, min(self.ping_interval, self.ping_timeout) / 50)))
        self._joins: Wheel[Session] = Wheel(self._wheel.step_s)
        self._heart: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[Any]] = set()

    # --- what sessions ask ---------------------------------------------------------------------------------

    async def take(self, session: Session, data: str | bytes) -> bool:
        try:
            await self.handlers["message"](session.sid, data)
        except Exception:  # the library raises whatever its parser met: the peer's fault, and no news for a log
            log.debug("packet refused", exc_info=True)
            return False
        return True

    def own(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    def gone(self, session: Session, reason: str) -> None:
        if self.sockets.pop(session.sid, None) is not None:
            self.own(self._trigger_event("disconnect", session.sid, reason, run_async=False))

    # --- what python-socketio asks -------------------------------------------------------------------------

    async def send(self, sid: str, data: str | bytes) -> None:
        session = self.sockets.get(sid)
        if session is not None:
            await session.send(data)

    async def send_packet(self, sid: str, pkt: Any) -> None:
        await self.send(sid, pkt.data)

    async def disconnect(self, sid: str | None = None) -> None:
        for session in list(self.sockets.values()) if sid is None else [self.sockets.get(sid)]:
            if session is not None:
                session.close(self.reason.SERVER_DISCONNECT)

    async def shutdown(self) -> None:
        """End the heartbeat and every session, with code 1001: the server goes away (RFC 6455 §7.4.1)."""
        for session in list(self.sockets.values()):
            session.close(self.reason.SERVER_DISCONNECT, 1001)
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
        await asyncio.gather(*self._work, return_exceptions=True)

    # --- heartbeat -----------------------------------------------------------------------------------------

    def _watch(self, session: Session, due_s: float) -> None:
        self._wheel.add(due_s, session)
        self._joins.add(asyncio.get_running_loop().time() + self.join_s, session)
        if self._heart is None:
            self._heart = asyncio.get_running_loop().create_task(self._beat(), name="hub-heartbeat")

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._wheel.step_s)
            now = loop.time()
            for session in self._wheel.turn(now):
                if not session.closed:
                    self._beat_one(session, now)
            for session in self._joins.turn(now):
                if not session.closed and not session.joined:  # came, and never said who it is
                    session.close(self.reason.TRANSPORT_CLOSE)

    def _beat_one(self, session: Session, now: float) -> None:
        """A ping at each due time; the answer is looked for two steps early, so that no client outlives its time."""
        if session.pinged_s:
            session.close(self.reason.PING_TIMEOUT)
        elif session.beat_s > now:
            self._wheel.add(session.beat_s, session)
        else:
            session.ping(now)
            session.beat_s = now + self.ping_interval
            self._wheel.add(now + self.ping_timeout - 2 * self._wheel.step_s, session)

    # --- HTTP ----------------------------------------------------------------------------------------------

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        sid, transport = query.get("sid"), query.get("transport", "")
        if transport not in ("polling", "websocket"):
            return _bad("Invalid transport")
        if request.method == "OPTIONS":
            return web.Response(text="OK")
        if request.method not in ("GET", "POST"):
            return _bad("Invalid method")
        if sid is None:
            if query.get("EIO") != "4":
                return _bad("The client is using an unsupported version of the Socket.IO or Engine.IO protocols")
            if request.method == "POST":
                return _bad("Invalid session")
            return await (self._open_websocket(request) if transport == "websocket" else self._open_polling(request))
        session = self.sockets.get(sid)
        if session is not None and transport == "websocket":
            return self._upgrade(request, session)
        if session is None or session.poll is None:
            return _bad("Invalid session")
        if request.method == "GET":
            payload = await session.polled()
            return _bad("Invalid session") if payload is None else web.Response(text=payload)
        return await self._posted(request, session)

    async def _posted(self, request: web.Request, session: Session) -> web.Response:
        body = bytearray()
        async for part in request.content.iter_any():
            body += part
            if len(body) > self.max_http_buffer_size:
                session.close("too_big")
                return web.Response(status=413, text="too_big")
        try:
            good = await session.posted(body.decode())
        except UnicodeDecodeError:
            session.close("parse error")
            good = False
        return web.Response(text="ok", headers=_TEXT) if good else _bad("Invalid packet")

    def _begin(self, request: web.Request, upgrades: list[str]) -> tuple[Session, str]:
        sid = self.generate_id()
        session = self.sockets[sid] = Session(self, sid)
        opening = {
            "sid": sid,
            "upgrades": upgrades,
            "pingInterval": int(self.ping_interval * 1000),
            "pingTimeout": int(self.ping_timeout * 1000),
            "maxPayload": self.max_http_buffer_size,
        }
        self._watch(session, asyncio.get_running_loop().time() + self.ping_interval)
        return session, "0" + _json.encode(opening).decode()

    async def _open_polling(self, request: web.Request) -> web.StreamResponse:
        session, opening = self._begin(request, ["websocket"])
        session.poll = Poll()
        await self.handlers["connect"](session.sid, Door.of(request))
        return web.Response(text=opening)

    async def _open_websocket(self, request: web.Request) -> web.StreamResponse:
        refused = refusal(request)
        if refused is not None:
            return refused
        session, opening = self._begin(request, [])
        await self.handlers["connect"](session.sid, Door.of(request))
        session.link = Link(self._bounds, session)
        try:
            return detach(request, session.link, build(Opcode.TEXT, opening.encode()))
        except ConnectionResetError:
            session.end(self.reason.TRANSPORT_CLOSE)
            raise

    def _upgrade(self, request: web.Request, session: Session) -> web.StreamResponse:
        refused = refusal(request)
        if refused is not None:
            return refused
        link = Link(self._bounds, session)
        response = detach(request, link, b"")
        if session.poll is None:  # upgraded already: accepted and closed, as in Node, so that a browser learns it
            link.close(1002, "upgraded already")
            return response
        asyncio.get_running_loop().call_later(UPGRADE_S, session.expire_probe, link)
        return response


class LeanServer(AsyncServer):  # type: ignore[misc] # python-socketio ships no types
    """Counts the namespaces of each session, and answers events beside each other within a bound."""

    def _engineio_server_class(self) -> type[LeanEngine]:
        return LeanEngine

    async def _handle_connect(self, eio_sid: str, namespace: str, data: Any) -> None:
        session: Session | None = self.eio.sockets.get(eio_sid)
        if session is None:
            return
        if (namespace or "/") not in self.namespaces:
            answer = self.packet_class(
                packet.CONNECT_ERROR, data={"message": "Invalid namespace"}, namespace=namespace or "/"
            )
            await self._send_packet(eio_sid, answer)
            return
        await super()._handle_connect(eio_sid, namespace, data)
        if self.manager.sid_from_eio_sid(eio_sid, namespace or "/") is not None:
            session.joined += 1

    async def _handle_event(self, eio_sid: str, namespace: str, id: Any, data: Any) -> None:
        namespace = namespace or "/"
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise ValueError("an event is a list that begins with its name")
        if sid is not None and self.manager.is_connected(sid, namespace):
            session: Session = self.eio.sockets[eio_sid]
            session.begin()
            self.eio.own(self._answer(session, sid, eio_sid, data, namespace, id))

    async def _answer(self, session: Session, *rest: Any) -> None:
        try:
            await self._handle_event_internal(self, *rest)
        finally:
            session.done()


def _bad(message: str) -> web.Response:
    return web.Response(status=400, text=message)
