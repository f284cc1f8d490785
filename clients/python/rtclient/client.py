"""The client: one account on one server. Comes back by itself, loses and doubles nothing.

It owns one task; that task owns the connection. Decisions stand in the pure modules beside it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from rtserver.wire.chat import AccountEvent, ChatEvent, ChatLeft, Command, MessagePost, MessagePosting, Result
from rtserver.wire.registry import COMMAND_NAMES, COMMANDS
from rtserver.wire.sync import Goodbye, Welcome

from .backoff import Backoff
from .calls import Calls
from .cursors import Cursors
from .errors import ClientError, Ended, LinkLost, Refused
from .events import Event, NotSent, Reloaded, event_of, result_of
from .link import Link, open_link
from .outbox import Entry, Outbox
from .packets import ACK, EVENT
from .readers import Reader
from .state import State
from .store import Store
from .upkeep import Upkeep

log = logging.getLogger("rtclient")


@dataclass(frozen=True, slots=True)
class Options:
    """Bounds, with their reasons."""

    connect_timeout_s: float = 10.0
    """Longer than a slow school network needs for a handshake."""
    answer_timeout_s: float = 30.0
    """A command without an answer for this long means a dead connection, whatever TCP believes."""
    outbox_max: int = 1_000
    """Commands waiting; at ten a second they are a hundred seconds of work."""
    events_max: int = 10_000
    """Events waiting for one reader; over it the reader gets ``Overrun``."""
    backoff: Backoff = field(default_factory=Backoff)


def new_nonce() -> str:
    """128 random bits: never twice, in any client."""
    return secrets.token_urlsafe(16)


class Client(Calls):
    """``async with Client(url, token) as client``; ``store`` keeps cursors and unanswered commands in a file."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        store: Path | None = None,
        options: Options | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.state = State()
        self.session = ""
        self._url, self._token = url, token
        self._options = options or Options()
        self._chance = chance or random.Random()  # noqa: S311 - spreads load, keeps no secret
        self._store = Store(store) if store is not None else None
        self._cursors = Cursors(self._store.marks() if self._store else None)
        self._upkeep = Upkeep(self.state, self._cursors, self._tell)
        self._outbox = Outbox(self._options.outbox_max)
        self._outbox_changed = asyncio.Event()
        self._number = 0
        self._restored = False
        self._asks: dict[int, asyncio.Future[Any]] = {}
        self._readers: list[Reader] = []
        self._task: asyncio.Task[None] | None = None
        self._ended: Ended | None = None
        self._goodbye: Goodbye | None = None
        self._welcomed = asyncio.Event()
        self.connections = 0
        """Connections made so far, for whoever watches."""

    # --- life ----------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self, timeout_s: float | None = None) -> None:
        """Start, and wait until everything is caught up. Raises ``Ended`` when the server refuses us for good, and
        ``TimeoutError``; after a time-out the client goes on trying until ``close``.
        """
        if self._task is None:
            self._restore()
            self._task = asyncio.create_task(self._live(), name="rtclient")
        ready = asyncio.create_task(self._upkeep.current.wait())
        try:
            await asyncio.wait({ready, self._task}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if self._ended is not None:
            raise self._ended
        if not self._upkeep.current.is_set():
            raise TimeoutError("no connection in time")

    async def close(self) -> None:
        """Stop. Commands without an answer raise ``Ended`` for their callers; with a store they are sent next time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._end(Ended())
        if self._store is not None:
            self._store.close()
            self._store = None

    # --- what a program does -------------------------------------------------------------------------------

    async def post(
        self, chat: str, text: str, *, reply_to: int | None = None, files: Sequence[str] = ()
    ) -> MessagePosting:
        """Post a text and files under a fresh nonce; returns once it is durable on the server. ``pending`` says that
        the server will post it when its files are finished.
        """
        return await self.call(
            MessagePost(chat=chat, text=text, nonce=new_nonce(), reply_to=reply_to, files=list(files))
        )

    async def _call(self, command: Command, timeout_s: float | None) -> Result:
        entry = self._add(command)
        async with asyncio.timeout(timeout_s):
            # a shield: giving up waiting does not take back what may be under way already
            result: Result = await asyncio.shield(entry.owner)
            return result

    def send(self, command: Command) -> None:
        """Hand a command over without waiting for its answer; a refusal for good comes as ``NotSent``."""
        self._add(command).owner.add_done_callback(lambda done: self._answered_to_nobody(command, done))

    def events(self) -> Reader:
        """Every event from now on, in order, each once. With a store, an event counts as taken when the next one is
        asked for; one reader only, then. Raises ``Overrun`` in a reader that is too slow, ``Ended`` at the end.
        """
        if self._store is not None and self._readers:
            raise ClientError("a client with a store has one reader of events")
        reader = Reader(self._options.events_max, self._taken)
        if self._ended is not None:
            reader.end(self._ended)
        self._readers.append(reader)
        return reader

    # --- the outbox ----------------------------------------------------------------------------------------

    def _add(self, command: Command) -> Entry:
        if self._ended is not None:
            raise self._ended
        self._restore()
        name = COMMAND_NAMES[type(command)]
        payload = msgspec.to_builtins(command)
        entry = self._entry(name, payload)
        self._outbox.add(entry)
        if self._store is not None and "nonce" in payload:
            self._store.add(entry.number, name, payload)
        self._outbox_changed.set()
        return entry

    def _entry(self, name: str, payload: dict[str, Any], number: int = 0) -> Entry:
        self._number = max(self._number + 1, number)
        lane = payload.get("chat", "") if "nonce" in payload else None
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # a caller may be gone
        return Entry(self._number, name, payload, lane, owner=future)

    def _restore(self) -> None:
        """Commands of an earlier run go first, under their old numbers and nonces. Done once, by whoever is first."""
        kept = list(self._store.outbox()) if self._store is not None and not self._restored else []
        self._restored = True
        for number, name, payload in kept:
            entry = self._entry(name, payload, number)
            command = msgspec.convert(payload, COMMANDS[name].command)
            entry.owner.add_done_callback(lambda done, command=command: self._answered_to_nobody(command, done))
            self._outbox.add(entry)

    def _answered_to_nobody(self, command: Command, done: asyncio.Future[Result]) -> None:
        error = None if done.cancelled() else done.exception()
        if isinstance(error, Refused):
            self._tell(NotSent(command, error.error))

    def _answered(self, number: int, answer: Any) -> None:
        """An acknowledgement came: for a question of the upkeep, or for an entry of the outbox."""
        ask = self._asks.pop(number, None)
        if ask is not None:
            if not ask.done():
                ask.set_result(answer)
            return
        entry = next((one for one in self._outbox if one.number == number), None)
        if entry is None:
            return
        self._outbox_changed.set()
        try:
            result = _result(COMMANDS[entry.name].command, answer)
        except Refused as refusal:
            if refusal.retryable:
                wait_s = max(refusal.after_s, self._options.backoff.wait_s(0, self._chance))
                self._outbox.again(number, asyncio.get_running_loop().time() + wait_s)
                return
            self._settle(entry, refusal)
        else:
            self._settle(entry, result)

    def _settle(self, entry: Entry, outcome: Result | Exception) -> None:
        self._outbox.done(entry.number)
        if self._store is not None and "nonce" in entry.payload:
            self._store.done(entry.number)
        if entry.owner.done():
            return
        if isinstance(outcome, Exception):
            entry.owner.set_exception(outcome)
        else:
            entry.owner.set_result(outcome)

    # --- the connection ------------------------------------------------------------------------------------

    async def _live(self) -> None:
        """Connect, serve, come back; until closed or refused for good."""
        attempt = 0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
            while True:
                wait_s = self._options.backoff.wait_s(attempt, self._chance)
                attempt += 1
                self._goodbye = None
                self._welcomed.clear()
                try:
                    link = await open_link(http, self._url, self._token, self._options.connect_timeout_s)
                    self.connections += 1
                    try:
                        await self._serve(link)
                    finally:
                        await link.close()
                except LinkLost as lost:
                    log.debug("connection lost: %s", lost)
                except Refused as refusal:
                    if not refusal.retryable:
                        self._end(Ended(refusal.code))
                        return
                    wait_s = max(wait_s, refusal.after_s)
                if self._welcomed.is_set():
                    attempt = 0
                goodbye = self._goodbye
                if goodbye is not None:
                    if not goodbye.reconnect:
                        self._end(Ended(goodbye.reason))
                        return
                    wait_s = goodbye.after_ms / 1000
                await asyncio.sleep(wait_s)

    async def _serve(self, link: Link) -> None:
        """One connection: read, send and keep up side by side until one of them ends. Raises ``LinkLost``."""
        tasks = [
            asyncio.create_task(self._read(link), name="rtclient-read"),
            asyncio.create_task(self._write(link), name="rtclient-write"),
            asyncio.create_task(self._keep_up(link), name="rtclient-upkeep"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            link.abort()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._outbox.lost()
            for ask in self._asks.values():
                ask.cancel()
            self._asks.clear()
            self._upkeep.current.clear()
        for task in done:
            task.result()

    async def _read(self, link: Link) -> None:
        while True:
            packet = await link.next()
            if packet.type == ACK and packet.id is not None and isinstance(packet.data, list) and packet.data:
                self._answered(packet.id, packet.data[0])
            elif packet.type == EVENT and isinstance(packet.data, list) and len(packet.data) == 2:
                event = event_of(packet.data[1])
                if isinstance(event, Welcome):
                    self.session = event.session
                    self._upkeep.connected(event.account)
                    self._welcomed.set()
                elif isinstance(event, Goodbye):
                    self._goodbye = event
                elif event is not None:
                    self._upkeep.hear(event)

    async def _write(self, link: Link) -> None:
        await self._welcomed.wait()
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            oldest = self._outbox.oldest_sent_at()
            if oldest is not None and now - oldest > self._options.answer_timeout_s:
                raise LinkLost("a command had no answer in time")
            for entry in self._outbox.ready(now):
                entry.sent_at = now
                await link.send(entry.name, entry.payload, entry.number)
            times = [self._outbox.next_at(now)]
            if (sent := self._outbox.oldest_sent_at()) is not None:
                times.append(sent + self._options.answer_timeout_s)
            until = min((time for time in times if time is not None), default=None)
            self._outbox_changed.clear()
            if self._outbox.ready(loop.time()):
                continue  # added or held back no longer while we were sending
            try:
                async with asyncio.timeout_at(until and until + 0.01):
                    await self._outbox_changed.wait()
            except TimeoutError:
                continue

    async def _keep_up(self, link: Link) -> None:
        await self._welcomed.wait()

        async def ask(command: Command) -> Result:
            attempt = 0
            while True:
                self._number += 1
                number = self._number
                future = self._asks[number] = asyncio.get_running_loop().create_future()
                await link.send(COMMAND_NAMES[type(command)], msgspec.to_builtins(command), number)
                try:
                    async with asyncio.timeout(self._options.answer_timeout_s):
                        return _result(type(command), await future)
                except TimeoutError:
                    raise LinkLost("a question had no answer in time") from None
                except Refused as refusal:
                    if not refusal.retryable:
                        raise
                    await asyncio.sleep(max(refusal.after_s, self._options.backoff.wait_s(attempt, self._chance)))
                    attempt += 1

        await self._upkeep.run(ask)

    # --- telling -------------------------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        self._readers = [reader for reader in self._readers if reader.put(event)]

    def _taken(self, event: Event) -> None:
        """A reader is done with an event: from here on a new start goes on after it."""
        store = self._store
        if store is None:
            return
        if isinstance(event, Reloaded):
            store.save(event.marks)
        elif isinstance(event, ChatEvent):
            store.move_chat(event.chat, event.seq)
        elif isinstance(event, AccountEvent):
            store.move_account(event.seq)
            if isinstance(event, ChatLeft):
                store.leave_chat(event.chat)

    def _end(self, reason: Ended) -> None:
        if self._ended is None:
            self._ended = reason
        for entry in self._outbox:
            if not entry.owner.done():
                entry.owner.set_exception(self._ended)
        for reader in self._readers:
            reader.end(self._ended)


def _result(command: type[Command], answer: Any) -> Result:
    """The result of an answer. Raises ``Refused``; an answer that is none is a lost connection."""
    if not isinstance(answer, dict):
        raise LinkLost("an answer that is none")
    if answer.get("ok") is not True:
        error = answer.get("error")
        raise Refused(error if isinstance(error, dict) else {"code": "unknown"})
    try:
        return result_of(command, answer)
    except msgspec.ValidationError as error:
        raise Refused({"code": "unknown", "message_en": f"a result this version does not know: {error}"}) from None
