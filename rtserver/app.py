"""The composition root: builds every object, starts them bottom up and stops them top down. Holds no rule."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from rtserver.actor import Actor
from rtserver.auth.sessions import Sessions, end_session
from rtserver.bus.memory import MemoryBus
from rtserver.chat.reading import ChatReader
from rtserver.chat.resume import StreamLogs
from rtserver.chat.service import ChatService
from rtserver.chat.work import Work
from rtserver.clock import now_ms
from rtserver.collector import settle
from rtserver.config import Settings
from rtserver.hub.hub import Hub
from rtserver.routes.operator import Metrics, operator_app
from rtserver.routes.public import add_routes, edge
from rtserver.routes.static import add_static
from rtserver.supervisor import ChildSpec, Supervisor
from rtserver.wire.chat import SessionEnded
from storage.db import Database
from storage.ids import wire_id
from storage.migrate import upgrade
from storage.sweep import Sweeper


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Server:
    """One hub process."""

    def __init__(self, settings: Settings, children: Sequence[ChildSpec] = ()) -> None:
        self._settings = settings
        own = settings.server
        self.database = Database(settings.storage.database, readers=settings.storage.readers)
        self.bus = MemoryBus()
        self.sessions = Sessions(self.database, now_ms)
        self.chats = ChatService(self.database, self.bus, now_ms, settings.chat.limits())
        reader = ChatReader(self.database, now_ms, self.chats.marks)
        self.sweeper = Sweeper(self.database, settings.storage.sweep_every_s)
        self.metrics = Metrics()
        self.hub = Hub(
            settings.hub.settings(own.support),
            self.sessions,
            StreamLogs(self.database),
            self.bus,
            {**self.chats.handlers(), **reader.handlers()},
            now_ms,
            self.metrics.observe,
        )
        self.metrics.watch("rt_connections", "Open Socket.IO connections", lambda: self.hub.connections)
        self.metrics.watch("rt_rooms", "Streams that somebody here hears", lambda: self.hub.rooms)
        self.metrics.watch("rt_deliveries", "Events given to sockets since start", lambda: self.hub.deliveries)
        self.metrics.watch("rt_slow_cuts", "Receivers cut because they took too little", lambda: self.hub.slow_cuts)
        self.metrics.watch("rt_writer_queue", "Commands waiting for a commit", lambda: self.chats.writer.queued)
        self.supervisor = Supervisor(children)
        self.metrics.watch("rt_children", "Child processes that run", lambda: self.supervisor.running)
        self.metrics.watch("rt_child_restarts", "Child processes started again", lambda: self.supervisor.restarts)
        self._runners: list[web.AppRunner] = []
        self._ready = False
        self.port = 0
        self.operator_port = 0

    async def start(self) -> None:
        await asyncio.to_thread(upgrade, self._settings.storage.database)
        own = self._settings.server
        await self.bus.start()
        self.chats.start()
        self.sweeper.start()
        await self.hub.start()
        public = web.Application(middlewares=[edge(own.support)])
        self.hub.attach(public)
        add_routes(
            public,
            self.database,
            self.sessions,
            now_ms,
            self._end_session,
            brand=own.brand,
            support=own.support,
            loopback=is_loopback(own.host),
        )
        add_static(public)
        self.port = await self._listen(public, own.host, own.port)
        operator = operator_app(self.metrics, lambda: self._ready)
        self.operator_port = await self._listen(operator, own.operator_host, own.operator_port)
        self.supervisor.start()
        self._ready = True

    async def close(self) -> None:
        """Clients told, queue committed, doors shut, children ended: in that order. The operator's door, where
        ``/readyz`` says no meanwhile, is the last.
        """
        self._ready = False
        await self.hub.close()
        await self.chats.close()
        await self.sweeper.close()
        await self.supervisor.close()
        for runner in self._runners:
            await runner.cleanup()
        await self.bus.close()
        await self.database.close()

    async def _end_session(self, actor: Actor) -> None:
        """End a session and log it in one transaction: every hub closes its sockets on the event."""

        def task(work: Work) -> None:
            if end_session(work.connection, actor.session, work.now):
                session = wire_id(actor.session)
                work.append_account(actor.account, lambda seq, at: SessionEnded(seq=seq, ts=at, session=session))

        await self.chats.run(task)

    async def _listen(self, app: web.Application, host: str, port: int) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        self._runners.append(runner)
        address: Any = runner.addresses[0]
        return int(address[1])


async def serve(settings: Settings, announce: Any = print) -> None:
    """Run until SIGTERM or SIGINT."""
    server = Server(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    await server.start()
    settle()
    announce(f"listening on http://{settings.server.host}:{server.port}, operator on port {server.operator_port}")
    try:
        await stop.wait()
    finally:
        await server.close()
