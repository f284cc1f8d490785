"""The gate in front of chats (R-35, R-56): a held account's commands are refused, its sockets hear its own log.

Answers are kept for a minute and dropped when the hub hears that the account's entry changed: at once from this
process, within ``hub.heads_every_s`` from another one or the command line. Who connects is asked about anew, and a
birthday is noticed within that minute. The cache is bounded; what falls out is asked again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from rtserver.actor import Actor, Handler
from rtserver.bus.base import Hint
from rtserver.wire.chat import Command, Result
from rtserver.wire.errors import AppError
from rtserver.wire.family import EntryChanged, FamilyChanged, RolesChanged
from storage.db import Database

from .hold import HoldReason, hold_code, load_holds

KEPT_MS = 60_000
"""As long as a session's row may go unseen (architecture §2)."""
ACCOUNTS_MAX = 50_000


class Logs(Protocol):
    """``hub.ports.Logs``, which the gate stands before."""

    async def epoch(self) -> str: ...

    async def streams_of(self, account: int) -> dict[str, int]: ...

    async def heads(self, streams: Sequence[str]) -> dict[str, int]: ...

    async def entries(self, stream: str, after: int, upto: int) -> list[msgspec.Struct]: ...


class Gate:
    """Asks ``hold`` and remembers. ``receive`` is subscribed to the bus before the hub is."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._kept: OrderedDict[int, tuple[int, HoldReason]] = OrderedDict()
        self._turn = 0

    def receive(self, hints: Sequence[Hint]) -> None:
        """Forget whom a hint is about."""
        for hint in hints:
            self.notice(hint.stream, (hint.event,))

    def notice(self, stream: str, events: Iterable[object]) -> None:
        """Forget whose entry these events of a stream may have changed."""
        if any(isinstance(event, EntryChanged | FamilyChanged | RolesChanged) for event in events):
            self._turn += 1  # an answer that is being read now is older than this
            self._kept.pop(int(stream.partition(":")[2]), None)

    async def hold(self, account: int, *, fresh: bool = False) -> HoldReason:
        """Why entry is held; ``fresh`` asks the database, whatever is remembered."""
        now = self._clock()
        kept = self._kept.get(account)
        if kept is not None and not fresh and now - kept[0] < KEPT_MS:
            return kept[1]
        turn = self._turn
        holds = await self._database.read(lambda connection: load_holds(connection, (account,), now))
        reason = holds.get(account, "")
        if turn == self._turn:
            self._kept[account] = (now, reason)
            self._kept.move_to_end(account)
            while len(self._kept) > ACCOUNTS_MAX:
                self._kept.popitem(last=False)
        return reason

    async def check(self, account: int) -> None:
        """Raise ``parent_confirmation_needed`` or ``consent_withdrawn`` for a held account."""
        kept = self._kept.get(account)
        if kept is not None and not kept[1] and self._clock() - kept[0] < KEPT_MS:
            return  # the way of every message: no task, no lock, no read
        reason = await self.hold(account)
        if reason:
            raise AppError(hold_code(reason))

    def guard(self, handlers: Mapping[type[Command], Handler]) -> dict[type[Command], Handler]:
        """The same handlers behind the gate: every command of the socket is about chats and people."""
        return {command: self._behind(handler) for command, handler in handlers.items()}

    def _behind(self, handler: Handler) -> Handler:
        async def guarded(actor: Actor, command: Any) -> Result:
            await self.check(actor.account)
            return await handler(actor, command)

        return guarded


class GatedLogs:
    """The hub's logs, without chats for a held account: its socket waits for the word that opens the entry (S14)."""

    def __init__(self, logs: Logs, gate: Gate) -> None:
        self._logs = logs
        self._gate = gate
        self.heads = logs.heads
        self.epoch = logs.epoch

    async def entries(self, stream: str, after: int, upto: int) -> list[msgspec.Struct]:
        """What another process wrote comes without a hint: the hub reads it here when it compares heads."""
        events = await self._logs.entries(stream, after, upto)
        if stream.startswith("account:"):
            self._gate.notice(stream, events)
        return events

    async def streams_of(self, account: int) -> dict[str, int]:
        reason, streams = await asyncio.gather(self._gate.hold(account, fresh=True), self._logs.streams_of(account))
        if not reason:
            return streams
        return {stream: head for stream, head in streams.items() if stream.startswith("account:")}
