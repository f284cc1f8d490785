"""The hub: connections of both encodings behind one registry of rooms, fan-out, and repair of gaps.

It trusts ``seq`` alone: a hint may be lost, so a gap is read from the log and all heads are compared every few seconds.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web
from engineio.async_socket import AsyncSocket
from socketio.exceptions import ConnectionRefusedError as Refused

from rtserver.actor import Actor, Handler
from rtserver.bus.base import Bus, Hint, chat_stream
from rtserver.wire.auth import Handshake
from rtserver.wire.chat import ChatJoined, ChatLeft, Command, MemberAdded, MemberRemoved, SessionEnded
from rtserver.wire.errors import AppError, wire_error
from rtserver.wire.family import EntryChanged
from rtserver.wire.sync import Goodbye, Welcome
from rtserver.wire.types import WIRE_VERSION
from storage.ids import parse_id, wire_id

from . import privates
from .dispatch import Dispatcher
from .encoding import Encoded, Json
from .limits import Buckets, Rate
from .ports import Doorkeeper, Logs
from .rooms import Audience, Registry, Room

log = logging.getLogger(__name__)
COOKIES = ("__Host-rt_session", "rt_session")


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Bounds of the hub; config.toml names the reason of each."""

    ping_interval_s: int = 25
    ping_timeout_s: int = 20
    max_message_bytes: int = 262_144
    slow_cut_bytes: int = 262_144
    slow_bytes: int = 65_536
    slow_s: float = 10.0
    heads_every_s: float = 5.0
    sessions_every_s: float = 60.0
    connections_per_account: int = 20
    origins: tuple[str, ...] = ()
    """Origins beside the server's own that may open a connection by cookie."""
    direct_delivery: bool = True
    rates: Mapping[str, Rate] = field(default_factory=dict)
    default_rate: Rate = field(default_factory=lambda: Rate(10, 60))
    support: str = ""


class Connection:
    """One live client. ``slow_since`` is the loop's time since which too much waits for it."""

    __slots__ = ("account", "account_name", "actor", "msgpack", "server", "session", "sid", "slow_since", "socket")

    def __init__(self, server: Any, sid: str, socket: AsyncSocket, actor: Actor, msgpack: bool) -> None:
        self.server = server
        self.sid = sid
        self.socket = socket
        self.actor = actor
        self.account = actor.account
        self.session = actor.session
        self.msgpack = msgpack
        self.slow_since: float | None = None


class Hub:
    """Built by ``rtserver.app``; ``attach`` before the application starts, ``start`` once, ``close`` once."""

    def __init__(
        self,
        settings: HubSettings,
        doorkeeper: Doorkeeper,
        logs: Logs,
        bus: Bus,
        handlers: Mapping[type[Command], Handler],
        clock: Callable[[], int],
        observe: Callable[[str, str, float], None] = lambda name, code, seconds: None,
    ) -> None:
        self._settings = settings
        self._doorkeeper = doorkeeper
        self._logs = logs
        self._clock = clock
        self._buckets = Buckets(settings.rates, settings.default_rate)
        self._dispatcher = Dispatcher(handlers, self._buckets, clock, settings.support, observe)
        self._registry: Registry[Connection] = Registry()
        self._connections: dict[tuple[bool, str], Connection] = {}
        self._servers = {msgpack: self._make_server(msgpack) for msgpack in (False, True)}
        self._repairs: dict[str, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self.deliveries = 0
        self.slow_cuts = 0
        self._unsubscribe = bus.subscribe(self.receive)

    # --- life ----------------------------------------------------------------------------------------------

    def attach(self, app: web.Application) -> None:
        self._servers[False].attach(app, "socket.io")
        self._servers[True].attach(app, "socket.io-msgpack")

    async def start(self) -> None:
        every = self._every
        self._tasks = [
            asyncio.create_task(every(self._settings.heads_every_s, self._compare_heads), name="hub-heads"),
            asyncio.create_task(every(self._settings.sessions_every_s, self._check_sessions), name="hub-sessions"),
        ]

    async def close(self) -> None:
        """Tell everybody to come back, spread over two seconds; the listening socket's own end hangs up."""
        self._closing = True
        self._unsubscribe()
        for connection in self._registry.listeners():
            self._goodbye(connection, "restart", reconnect=True, after_ms=random.randrange(2_000))  # noqa: S311 - spread, not secrecy
        await asyncio.sleep(0)  # one tick: the goodbyes leave
        for task in (*self._tasks, *self._repairs.values()):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._repairs.values(), return_exceptions=True)
        for server in self._servers.values():
            await server.shutdown()

    @property
    def connections(self) -> int:
        return self._registry.connections

    @property
    def rooms(self) -> int:
        return len(self._registry.rooms)

    # --- connections ---------------------------------------------------------------------------------------

    def _make_server(self, msgpack: bool) -> Any:
        settings = self._settings
        server = privates.make_server(
            msgpack=msgpack,
            json=Json,
            direct=settings.direct_delivery,
            ping_interval_s=settings.ping_interval_s,
            ping_timeout_s=settings.ping_timeout_s,
            max_bytes=settings.max_message_bytes,
        )

        async def connect(sid: str, environ: dict[str, Any], auth: object = None) -> None:
            await self._connect(server, msgpack, sid, environ["aiohttp.request"], auth)

        async def any_event(name: str, sid: str, *args: object) -> dict[str, Any] | None:
            connection = self._connections.get((msgpack, sid))
            if connection is None:
                return {"ok": False, "error": wire_error(AppError("unauthorized"))}
            return await self._dispatcher.answer(connection.actor, name, args[0] if args else None)

        async def disconnect(sid: str, _reason: str) -> None:
            connection = self._connections.pop((msgpack, sid), None)
            if connection is not None:
                self._registry.remove(connection.account, connection)

        server.on("connect", connect)
        server.on("disconnect", disconnect)
        server.on("*", any_event)
        return server

    async def _connect(self, server: Any, msgpack: bool, sid: str, request: web.Request, auth: object) -> None:
        try:
            handshake = msgspec.convert(auth or {}, Handshake)
            if handshake.wire_version > WIRE_VERSION or handshake.wire_version < 1:
                raise AppError("wire_version_unsupported")
            actor = await self._doorkeeper.admit(handshake.token or self._cookie(request))
            if self._closing:
                raise AppError("unavailable", seconds=2)
            audience = self._registry.audience(actor.account)
            if len(audience.listeners) >= self._settings.connections_per_account:
                raise AppError("rate_limited", seconds=60)
            audience.loading += 1
            try:
                streams = await self._logs.streams_of(actor.account)
                epoch = await self._logs.epoch()
            except BaseException:
                self._loaded(audience)
                raise
        except AppError as refusal:
            raise Refused(refusal.code, wire_error(refusal)) from None
        except msgspec.ValidationError:
            raise Refused("bad_request", wire_error(AppError("bad_request", detail="auth"))) from None
        # after the library has sent its CONNECT packet, in the same tick
        asyncio.get_running_loop().call_soon(self._enter, server, msgpack, sid, actor, audience, streams, epoch)

    def _cookie(self, request: web.Request) -> str:
        """The cookie's token; a page of another site may not use it (architecture §3)."""
        token = next((request.cookies[name] for name in COOKIES if name in request.cookies), "")
        origin = request.headers.get("Origin")
        if token and origin is not None:
            own = origin.partition("://")[2] == request.host
            if not own and origin not in self._settings.origins:
                raise AppError("forbidden_origin")
        return token

    def _enter(
        self,
        server: Any,
        msgpack: bool,
        sid: str,
        actor: Actor,
        audience: Audience[Connection],
        streams: Mapping[str, int],
        epoch: str,
    ) -> None:
        """Join the rooms, then say welcome; the client's ``sync`` comes after both, so nothing falls between."""
        try:
            socket = privates.socket_of(server, sid)
        except KeyError:  # gone before it was in
            self._loaded(audience)
            return
        for stream, head in streams.items():
            if audience.left_at.get(stream, -1) <= head:
                self._registry.join(audience, stream, head)
        connection = Connection(server, sid, socket, actor, msgpack)
        self._connections[msgpack, sid] = connection
        self._registry.add(audience, connection)
        self._loaded(audience)
        welcome = Welcome(
            account=wire_id(actor.account),
            session=wire_id(actor.session),
            name=actor.name,
            epoch=epoch,
            wire_version=WIRE_VERSION,
            server_ts=self._clock(),
        )
        self._send(connection, Encoded(welcome))

    def _loaded(self, audience: Audience[Connection]) -> None:
        audience.loading -= 1
        if not audience.loading:
            audience.left_at.clear()
        self._registry.settle(audience)

    def _goodbye(self, connection: Connection, reason: str, *, reconnect: bool, after_ms: int = 0) -> None:
        self._send(connection, Encoded(Goodbye(reason=reason, reconnect=reconnect, after_ms=after_ms)))

    async def _hang_up(self, connection: Connection, reason: str, *, reconnect: bool = False) -> None:
        self._goodbye(connection, reason, reconnect=reconnect)
        await connection.server.disconnect(connection.sid)

    # --- fan-out -------------------------------------------------------------------------------------------

    def receive(self, hints: Sequence[Hint]) -> None:
        """Hints of the bus, in order."""
        for hint in hints:
            self._take(hint.stream, hint.seq, hint.event)

    def _take(self, stream: str, seq: int, event: msgspec.Struct) -> None:
        if isinstance(event, MemberAdded):
            newcomer = self._registry.audiences.get(parse_id(event.account))
            if newcomer is not None:
                newcomer.left_at.pop(stream, None)
                self._registry.join(newcomer, stream, seq - 1)
        elif isinstance(event, MemberRemoved):
            leaver = self._registry.audiences.get(parse_id(event.account))
            if leaver is not None and leaver.loading:
                leaver.left_at[stream] = seq
        elif isinstance(event, ChatJoined | ChatLeft):
            self._follow(stream, event)
        room = self._registry.rooms.get(stream)
        if room is None:
            return
        if seq == 0:
            self._tell(room, event)
        elif seq == room.head + 1:
            self._advance(room, seq, event)
        elif seq > room.head:
            room.target = max(room.target, seq)
            self._repair(room)

    def _follow(self, stream: str, event: ChatJoined | ChatLeft) -> None:
        """The account's own log changes rooms too: the chat's hint may have been the lost one."""
        audience = self._registry.audiences.get(int(stream.partition(":")[2]))
        chat = chat_stream(parse_id(event.chat))
        if audience is None:
            return
        room = self._registry.rooms.get(chat)
        inside = room is not None and room in audience.rooms
        if isinstance(event, ChatJoined) and not inside:
            self._own(self._join_late(audience, chat))
        elif isinstance(event, ChatLeft) and room is not None and inside:
            self._registry.leave(audience, room)

    async def _join_late(self, audience: Audience[Connection], chat: str) -> None:
        if chat in await self._logs.streams_of(audience.account) and audience.listeners:
            self._registry.join(audience, chat, (await self._logs.heads([chat]))[chat])

    def _advance(self, room: Room[Connection], seq: int, event: msgspec.Struct) -> None:
        self._tell(room, event)
        room.head = seq
        room.target = max(room.target, seq)
        if isinstance(event, MemberRemoved):
            leaver = self._registry.audiences.get(parse_id(event.account))
            if leaver is not None:
                self._registry.leave(leaver, room)  # before any greater seq is told
        elif isinstance(event, SessionEnded):
            ended = parse_id(event.session)
            for connection in [c for c in room.listeners() if c.session == ended]:
                self._own(self._hang_up(connection, "session_ended"))
        elif isinstance(event, EntryChanged):
            self._reopen(room)

    def _reopen(self, room: Room[Connection]) -> None:
        """Entry was held or opened: out of every chat now, then all sockets come back and get what they may hear."""
        audience = self._registry.audiences.get(int(room.stream.partition(":")[2]))
        if audience is not None:
            for other in [one for one in audience.rooms if one is not room]:
                self._registry.leave(audience, other)
        for connection in list(room.listeners()):
            self._own(self._hang_up(connection, "entry_changed", reconnect=True))

    def _tell(self, room: Room[Connection], event: msgspec.Struct) -> None:
        encoded = Encoded(event)
        for connection in list(room.listeners()):  # a slow one is taken out while we tell
            self._send(connection, encoded)

    def _send(self, connection: Connection, encoded: Encoded) -> None:
        socket = connection.socket
        if connection.msgpack:
            sent = privates.write_packet(socket, encoded.msgpack_frame, encoded.msgpack_packet)
        else:
            sent = privates.write_packet(socket, encoded.json_frame, encoded.json_packet[1:].decode())
        self.deliveries += 1
        waiting = privates.buffered_bytes(socket)
        if not sent or waiting > self._settings.slow_bytes:
            self._slow(connection, waiting, full=not sent)
        elif connection.slow_since is not None:
            connection.slow_since = None

    def _slow(self, connection: Connection, waiting: int, *, full: bool) -> None:
        """Cut a receiver that takes too little: it resumes by its cursors, and costs nobody else anything."""
        now = asyncio.get_running_loop().time()
        if connection.slow_since is None:
            connection.slow_since = now
        late = now - connection.slow_since >= self._settings.slow_s
        if full or late or waiting > self._settings.slow_cut_bytes:
            self.slow_cuts += 1
            self._registry.remove(connection.account, connection)
            privates.abort(connection.socket)

    # --- what time repairs ---------------------------------------------------------------------------------

    def _repair(self, room: Room[Connection]) -> None:
        if room.stream not in self._repairs:
            task = asyncio.create_task(self._fill(room), name="hub-repair")
            self._repairs[room.stream] = task
            task.add_done_callback(lambda _: self._repairs.pop(room.stream, None))

    async def _fill(self, room: Room[Connection]) -> None:
        """Read the log until the room has told everything it has heard of."""
        while room.behind and self._registry.rooms.get(room.stream) is room:
            events = await self._logs.entries(room.stream, room.head, room.target)
            before = room.head
            for event in events:
                seq: int = event.seq  # type: ignore[attr-defined] # every logged event has one
                if seq > room.head:
                    if isinstance(event, MemberAdded):
                        self._take(room.stream, seq, event)
                        if room.head >= seq:
                            continue
                    room.head = seq - 1 if seq > room.head + 1 else room.head  # pruned entries of an account's log
                    self._advance(room, seq, event)
            if room.head == before:
                room.head = room.target  # nothing is kept that far back; clients see the gap and sync
        room.target = max(room.target, room.head)

    async def _compare_heads(self) -> None:
        """The last hint of a stream may be the lost one: nothing else would ever show it."""
        streams = list(self._registry.rooms)
        if streams:
            for stream, head in (await self._logs.heads(streams)).items():
                room = self._registry.rooms.get(stream)
                if room is not None and head > room.head:
                    room.target = max(room.target, head)
                    self._repair(room)
        self._buckets.forget_full(self._clock())

    async def _check_sessions(self) -> None:
        sessions = list(self._registry.sessions())
        if not sessions:
            return
        ended = await self._doorkeeper.ended(sessions)
        for connection in [c for c in self._registry.listeners() if c.session in ended]:
            await self._hang_up(connection, "session_ended")

    def _own(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(lambda done: self._tasks.remove(done) if done in self._tasks else None)

    async def _every(self, seconds: float, work: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception:  # a database that is away now is asked again at the next turn
                log.exception("the hub's round failed")
