"""The channel to media workers: they connect, prove the shared key, and obey. Knows nothing of calls or people."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
from collections.abc import Callable

import msgspec

from media import control as c

from .ports import Worker, WorkerError

log = logging.getLogger(__name__)

ORDER_S = 5.0
"""A worker answers within milliseconds; one that does not is stuck."""
HELLO_S = 5.0


class Link:
    """One worker's channel."""

    def __init__(self, name: str, port: int, writer: asyncio.StreamWriter) -> None:
        self.name = name
        self.port = port
        self.load: c.Load | None = None
        self._writer = writer
        self._number = 0
        self._waiting: dict[int, asyncio.Future[c.Reply]] = {}

    async def order(self, order: c.AnyOrder) -> str:
        self._number += 1
        number = self._number
        future: asyncio.Future[c.Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(c.frame(c.Numbered(number=number, order=order)))
            async with asyncio.timeout(ORDER_S):
                reply = await future
        except (TimeoutError, ConnectionError, OSError):
            raise WorkerError("away") from None
        finally:
            self._waiting.pop(number, None)
        if reply.error:
            raise WorkerError(reply.error, reply.detail)
        return reply.value

    def replied(self, reply: c.Reply) -> None:
        future = self._waiting.get(reply.number)
        if future is not None and not future.done():
            future.set_result(reply)

    def ended(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("worker is gone"))
        self._waiting.clear()


class WorkerLinks:
    """Listens at ``control`` (``unix:/path`` or ``tcp:host:port``) for workers that know ``key``."""

    def __init__(self, control: str, key: bytes) -> None:
        self._control = control
        self._key = key
        self._links: dict[str, Link] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_notice: Callable[[Worker, c.Notice], None] = lambda worker, notice: None
        self.on_gone: Callable[[Worker], None] = lambda worker: None

    def present(self) -> list[Worker]:
        return list(self._links.values())

    async def start(self) -> None:
        kind, _, rest = self._control.partition(":")
        if kind == "unix":
            self._server = await asyncio.start_unix_server(self._accept, rest)  # its folder is ours alone
        else:
            host, _, number = rest.rpartition(":")
            self._server = await asyncio.start_server(self._accept, host, int(number))

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        link: Link | None = None
        try:
            link = await self._greet(reader, writer)
            if link is not None:
                await self._listen(link, reader)
        except (ConnectionError, OSError, TimeoutError, msgspec.DecodeError, asyncio.CancelledError):
            pass  # how a worker goes (the supervisor says why), or our own end: nobody awaits this task
        finally:
            self._tasks.discard(task)
            writer.close()
            if link is not None:
                if self._links.get(link.name) is link:
                    del self._links[link.name]
                link.ended()
                log.info("media worker is gone", extra={"worker": link.name})
                self.on_gone(link)
            with contextlib.suppress(OSError, ConnectionError):
                await writer.wait_closed()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Link | None:
        challenge = secrets.token_bytes(32)
        writer.write(len(challenge).to_bytes(4, "big") + challenge)
        async with asyncio.timeout(HELLO_S):
            hello = c.from_worker.decode(await c.read_frame(reader))
        if not isinstance(hello, c.Hello) or not hmac.compare_digest(hello.proof, c.proof(self._key, challenge)):
            log.warning("a media worker without the right key was refused")
            return None
        if hello.version != c.VERSION:
            log.warning("a media worker of another version was refused", extra={"worker": hello.worker})
            return None
        link = Link(hello.worker, hello.port, writer)
        self._links[link.name] = link
        log.info("media worker is here", extra={"worker": link.name, "port": link.port})
        return link

    async def _listen(self, link: Link, reader: asyncio.StreamReader) -> None:
        while True:
            message = c.from_worker.decode(await c.read_frame(reader))
            if isinstance(message, c.Reply):
                link.replied(message)
            elif isinstance(message, c.Notice):
                self.on_notice(link, message)
            elif isinstance(message, c.Load):
                link.load = message
