"""The composition root: builds every object, starts them bottom up and stops them top down. Holds no rule."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aiohttp import web

from rtserver.actor import Actor
from rtserver.app_auth import AuthParts, check_senders, edge_settings, load_code_key
from rtserver.app_calls import CallParts
from rtserver.app_files import FileParts
from rtserver.auth.sessions import Sessions, end_session
from rtserver.bus.memory import MemoryBus
from rtserver.chat.class_rooms import ClassRooms
from rtserver.chat.file_work import FileWork
from rtserver.chat.presence import Presence
from rtserver.chat.reading import ChatReader
from rtserver.chat.resume import StreamLogs
from rtserver.chat.service import ChatService
from rtserver.chat.work import Work
from rtserver.clock import now_ms
from rtserver.collector import settle
from rtserver.config import Settings
from rtserver.files.ports import Transaction as FileTransaction
from rtserver.hub.hub import Hub
from rtserver.hub.privates.server_name import name_server
from rtserver.routes.admin import add_operator_schools
from rtserver.routes.auth import add_external_return
from rtserver.routes.auth_endpoints import auth_endpoints
from rtserver.routes.desk import desk_doors
from rtserver.routes.family import family_doors
from rtserver.routes.http import add_endpoints
from rtserver.routes.openapi import add_openapi
from rtserver.routes.operator import Metrics, operator_app
from rtserver.routes.operator_page import add_operator_page
from rtserver.routes.outbox import add_outbox
from rtserver.routes.public import add_demo, edge
from rtserver.routes.school import school_doors
from rtserver.routes.school_files import add_school_files, file_routes
from rtserver.routes.school_sheet import add_school_sheet
from rtserver.routes.session import session_endpoints
from rtserver.routes.static import add_static
from rtserver.school.gate import Gate, GatedLogs
from rtserver.school.ports import Transaction
from rtserver.school.service import SchoolService, load_key
from rtserver.supervisor import ChildSpec, Supervisor
from rtserver.wire.chat import SessionEnded
from storage.db import Database
from storage.ids import wire_id
from storage.migrate import upgrade
from storage.reindex import Reindexer
from storage.sweep import Sweeper

T = TypeVar("T")


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
        presence = Presence(self.database, self.bus, now_ms, self.chats.marks)
        self.gate = Gate(self.database, now_ms)
        self.bus.subscribe(self.gate.receive)  # before the hub: who reconnects on an event finds it forgotten
        self.schools = SchoolService(
            self.database,
            self._run_school,
            self.gate,
            load_key(settings.storage.database),
            settings.school.settings(own),
            now_ms,
        )
        self.sweeper = Sweeper(self.database, settings.storage.sweep_every_s)
        self.reindexer = Reindexer(self.database)
        self.files = FileParts(
            settings.files.settings(settings.storage.database), self.database, self._run_files, self.gate, now_ms
        )
        self.metrics = Metrics()
        self.calls = CallParts(settings, self.database, self.bus, now_ms)
        self.calls.watch(self.metrics)
        self.hub = Hub(
            settings.hub.settings(own.support),
            self.sessions,
            GatedLogs(StreamLogs(self.database), self.gate),
            self.bus,
            self.gate.guard(
                {
                    **self.chats.handlers(),
                    **reader.handlers(),
                    **presence.handlers(),
                    **self.files.handlers(),
                    **self.calls.service.handlers(),
                }
            ),
            now_ms,
            self.metrics.observe,
        )
        self.metrics.watch("rt_connections", "Open Socket.IO connections", lambda: self.hub.connections)
        self.metrics.watch("rt_rooms", "Streams that somebody here hears", lambda: self.hub.rooms)
        self.metrics.watch("rt_deliveries", "Events given to sockets since start", lambda: self.hub.deliveries)
        self.metrics.watch("rt_slow_cuts", "Receivers cut because they took too little", lambda: self.hub.slow_cuts)
        self.metrics.watch("rt_writer_queue", "Commands waiting for a commit", lambda: self.chats.writer.queued)
        self.supervisor = Supervisor([*children, *self.calls.children])
        self.metrics.watch("rt_children", "Child processes that run", lambda: self.supervisor.running)
        self.metrics.watch("rt_child_restarts", "Child processes started again", lambda: self.supervisor.restarts)
        self._runners: list[web.AppRunner] = []
        self.auth: AuthParts | None = None
        self._ready = False
        self.port = 0
        self.operator_port = 0

    async def start(self) -> None:
        await asyncio.to_thread(upgrade, self._settings.storage.database)
        own = self._settings.server
        check_senders(self._settings, loopback=is_loopback(own.host))
        edge_of = edge_settings(self._settings)
        key = await self.database.write(load_code_key)
        auth = AuthParts(self._settings, self.database, self._run_school, self.schools.doors, now_ms, key)
        self.auth = auth
        await self.bus.start()
        self.chats.start()
        self.schools.start()
        auth.start()
        self.sweeper.start()
        await self.files.start()
        self.reindexer.start()
        await self.hub.start()
        name_server()
        public = web.Application(middlewares=[edge(own.support, edge_of.trusted_proxies)])
        await self.calls.start()
        self.hub.attach(public)
        add_demo(public, self.database, now_ms, edge_of.trusted_proxies, loopback=is_loopback(own.host))
        endpoints = [
            *session_endpoints(auth.session_doors(self.sessions, self._end_session)),
            *auth_endpoints(auth.doors),
            *school_doors(self.schools).endpoints,
            *family_doors(self.schools).endpoints,
            *desk_doors(self.schools).endpoints,
        ]
        add_endpoints(public, endpoints, self.sessions, edge_of)
        add_external_return(public, auth.doors, self.sessions, edge_of)
        self.files.add_doors(public, self.sessions, edge_of)
        files = file_routes(public, self.schools, self.sessions, edge_of)
        add_school_files(files, self.schools)
        add_school_sheet(files, self.schools, auth.make_codes)
        add_openapi(public, endpoints, own.brand)
        add_static(public)
        self.port = await self._listen(public, own.host, own.port)
        operator = operator_app(self.metrics, lambda: self._ready)
        operator.middlewares.append(edge(own.support))
        add_outbox(operator, self.database, now_ms, loopback=is_loopback(own.operator_host) and is_loopback(own.host))
        add_operator_schools(operator, self.schools, (own.operator_host,))
        add_operator_page(operator, (own.operator_host,))
        self.operator_port = await self._listen(operator, own.operator_host, own.operator_port)
        self.supervisor.start()
        self._ready = True

    async def close(self) -> None:
        """Clients told, queue committed, doors shut, children ended: in that order. The operator's door, where
        ``/readyz`` says no meanwhile, is the last.
        """
        self._ready = False
        await self.hub.close()
        await self.files.close()
        await self.calls.close()
        await self.schools.close()
        if self.auth is not None:
            await self.auth.close()
        await self.chats.close()
        await self.reindexer.close()
        await self.sweeper.close()
        await self.supervisor.close()
        for runner in self._runners:
            await runner.cleanup()
        await self.bus.close()
        await self.database.close()

    async def _run_school(self, task: Callable[[Transaction], T]) -> T:
        """Schools and accounts change in the one writer's transactions, with the chats of classes at hand."""
        result: T = await self.chats.run(lambda work: task(ClassRooms(work)))
        return result

    async def _run_files(self, task: Callable[[FileTransaction], T]) -> T:
        """Files change in the one writer's transactions too: posts that waited for them are posted there."""
        result: T = await self.chats.run(lambda work: task(FileWork(work)))
        return result

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
