"""The hub: connections of both encodings behind one registry of rooms, fan-out, and repair of gaps.

It trusts ``seq`` alone: a hint may be lost, so a gap is read from the log and all heads are compared every few seconds.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web
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
from .door import Door
from .encoding import Encoded, Json
from .limits import Buckets
from .ports import Doorkeeper, Logs
from .rooms import Audience, Registry, Room
from .settings import HubSettings

__all__ = ["Connection", "Hub", "HubSettings"]

log = logging.getLogger(__name__)


class Connection:
    """One live client."""

    __slots__ = ("actor", "server", "sid", "socket")

    def __init__(self, server: Any, sid: str, socket: privates.Socket, actor: Actor) -> None:
        self.server = server
        self.sid = sid
        self.socket = socket
        self.actor = actor

    @property
    def session(self) -> int:
        return self.actor.session


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
        self._tell_all = privates.tell_all if settings.direct_delivery else privates.tell_each
        self._registry: Registry[Connection] = Registry()
        self._connections: dict[str, Connection] = {}
        self._servers = {msgpack: self._make_server(msgpack) for msgpack in (False, True)}
        self._repairs: dict[str, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self.deliveries = 0
        self.slow_cuts = 0
        self._unsubscribe = bus.subscribe(self.receive)

    # --- life ----------------------------------------------------------------------------------------------

    def attach(self, app: web.Application) -> None:
        privates.attach(self._servers[False], app, "socket.io")
        privates.attach(self._servers[True], app, "socket.io-msgpack")

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
            high_bytes=settings.slow_bytes,
        )

        async def connect(sid: str, environ: Any, auth: object = None) -> None:
            await self._connect(server, sid, privates.door_of(environ), auth)

        async def any_event(name: str, sid: str, *args: object) -> dict[str, Any] | None:
            connection = self._connections.get(sid)
            if connection is None:
                return {"ok": False, "error": wire_error(AppError("unauthorized"))}
            return await self._dispatcher.answer(connection.actor, name, args[0] if args else None)

        async def disconnect(sid: str, _reason: str) -> None:
            connection = self._connections.pop(sid, None)
            if connection is not None:
                self._registry.remove(connection.actor.account, connection)

        server.on("connect", connect)
        server.on("disconnect", disconnect)
        server.on("*", any_event)
        return server

    async def _connect(self, server: Any, sid: str, door: Door, auth: object) -> None:
        try:
            handshake = msgspec.convert(auth or {}, Handshake)
            if handshake.wire_version > WIRE_VERSION or handshake.wire_version < 1:
                raise AppError("wire_version_unsupported")
            actor = await self._doorkeeper.admit(handshake.token or door.token(self._settings.origins))
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
        asyncio.get_running_loop().call_soon(self._enter, server, sid, actor, audience, streams, epoch)

    def _enter(
        self,
        server: Any,
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
            if (audience.left_at or {}).get(stream, -1) <= head:
                self._registry.join(audience, stream, head)
        connection = Connection(server, sid, socket, actor)
        self._connections[sid] = connection
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
            audience.left_at = None
        self._registry.settle(audience)

    def _goodbye(self, connection: Connection, reason: str, *, reconnect: bool, after_ms: int = 0) -> None:
        self._send(connection, Encoded(Goodbye(reason=reason, reconnect=reconnect, after_ms=after_ms)))

    async def _hang_up(self, connection: Connection, reason: str, *, reconnect: bool = False) -> None:
        self._goodbye(connection, reason, reconnect=reconnect)
        await connection.server.disconnect(connection.sid)
        connection.socket.hang_up()

    # --- fan-out -------------------------------------------------------------------------------------------

    def receive(self, hints: Sequence[Hint]) -> None:
        """Hints of the bus, in order."""
        for hint in hints:
            self._take(hint.stream, hint.seq, hint.event)

    def _take(self, stream: str, seq: int, event: msgspec.Struct) -> None:
        if isinstance(event, MemberAdded):
            newcomer = self._registry.audiences.get(parse_id(event.account))
            if newcomer is not None:
                if newcomer.left_at:
                    newcomer.left_at.pop(stream, None)
                self._registry.join(newcomer, stream, seq - 1)
        elif isinstance(event, MemberRemoved):
            leaver = self._registry.audiences.get(parse_id(event.account))
            if leaver is not None and leaver.loading:
                leaver.left_at = {**(leaver.left_at or {}), stream: seq}
        elif isinstance(event, ChatLeft):
            self._leave(stream, event)
        room = self._registry.rooms.get(stream)
        if room is None:
            return
        if seq == 0:
            self._tell(room, event)
        elif seq == room.head + 1 and not (isinstance(event, ChatJoined) and self._outside(stream, event)):
            self._advance(room, seq, event)
        elif seq > room.head:
            room.target = max(room.target, seq)
            self._repair(room)

    def _outside(self, stream: str, event: ChatJoined) -> Audience[Connection] | None:
        """Whose account log this is, when the chat's own hint did not bring it in: that may have been the lost one."""
        audience = self._registry.audiences.get(int(stream.partition(":")[2]))
        room = self._registry.rooms.get(chat_stream(parse_id(event.chat)))
        return None if audience is None or (room is not None and audience in room.audiences) else audience

    async def _join_late(self, stream: str, event: ChatJoined) -> None:
        """Before ``chat.joined`` is told, so that nothing falls between the ``chat.get`` it brings and the room."""
        audience, chat = self._outside(stream, event), chat_stream(parse_id(event.chat))
        if audience is None:
            return
        audience.loading += 1
        try:
            # asked, not believed: the log may be told late, and the account have left again
            head = (await self._logs.streams_of(audience.account)).get(chat)
            if head is not None and (audience.left_at or {}).get(chat, -1) <= head:
                self._registry.join(audience, chat, head)
        finally:
            self._loaded(audience)

    def _leave(self, stream: str, event: ChatLeft) -> None:
        audience = self._registry.audiences.get(int(stream.partition(":")[2]))
        room = self._registry.rooms.get(chat_stream(parse_id(event.chat)))
        if audience is not None and room is not None:
            self._registry.leave(audience, room)

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
        told, slow = self._tell_all((audience.listeners for audience in room.audiences), Encoded(event))
        self.deliveries += told
        for connection in slow:  # cutting one changes what was walked over
            self._slow(connection)

    def _send(self, connection: Connection, encoded: Encoded) -> None:
        self.deliveries += 1
        if not connection.socket.tell(encoded):
            self._slow(connection)

    def _slow(self, connection: Connection) -> None:
        """Cut a receiver that takes too little: it resumes by its cursors, and costs nobody else anything."""
        socket = connection.socket
        since = socket.slow_since()
        late = since is not None and asyncio.get_running_loop().time() - since >= self._settings.slow_s
        if late or socket.full() or socket.waiting_bytes() > self._settings.slow_cut_bytes:
            self.slow_cuts += 1
            self._registry.remove(connection.actor.account, connection)
            socket.abort()

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
                    elif isinstance(event, ChatJoined):
                        await self._join_late(room.stream, event)
                        if room.head >= seq:  # its hint came meanwhile
                            continue
                    elif isinstance(event, ChatLeft):
                        self._leave(room.stream, event)
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
