"""Keeps cursors and state true: holds events while something is missing, asks for it, then goes on (E-2).

Refuses to know how a question travels: ``ask`` is given.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from rtserver.wire import chat as w
from rtserver.wire.sync import Synced

from .cursors import Cursors, Verdict
from .errors import Refused
from .events import Event, Passing, Reloaded, is_known
from .state import State

HELD_MAX = 10_000
"""Events held while catching up; more are thrown away and asked for again, so memory stays bounded."""
Ask = Callable[[w.Command], Awaitable[Any]]
HeardEvent = w.ChatEvent | w.AccountEvent | Passing


class Upkeep:
    """``hear`` takes what the socket brings; ``run`` mends what is missing for as long as one connection lasts."""

    def __init__(self, state: State, cursors: Cursors, tell: Callable[[Event], None]) -> None:
        self._state = state
        self._cursors = cursors
        self._tell = tell
        self._held: deque[HeardEvent] = deque()
        self._sync = self._reload = False
        self._chats: dict[str, bool] = {}
        """Chats to ask anew, and whether their cursor is lost too."""
        self._needed = asyncio.Event()
        self.current = asyncio.Event()
        """Set while nothing is missing and nothing is asked; otherwise events are held."""

    def connected(self, me: str) -> None:
        """A new connection begins: everything since the last one is missing."""
        self._state.me = me
        self._held.clear()
        known = bool(self._cursors.epoch)  # empty too when a reset came and the reload was cut off
        self._need(sync=known, reload=not (known and self._state.loaded))

    def hear(self, event: HeardEvent) -> None:
        if self.current.is_set():
            self._take(event)
        elif len(self._held) < HELD_MAX:
            self._held.append(event)
        else:
            self._held.clear()
            self._need(sync=True)

    async def run(self, ask: Ask) -> None:
        """Ends only by cancellation, or with what ``ask`` raises."""
        while True:
            await self._needed.wait()
            while self._missing():
                fresh: set[str] = set()
                if self._sync:
                    self._sync = False
                    self._synced(await ask(self._cursors.sync()))
                elif self._reload:
                    self._reload = False
                    self._listed(await ask(w.ChatList()))
                else:
                    fresh.add(await self._get(ask))
                self._release(fresh)
            self._needed.clear()
            self.current.set()

    def _missing(self) -> bool:
        return self._sync or self._reload or bool(self._chats)

    def _need(self, *, sync: bool = False, reload: bool = False) -> None:
        self._sync |= sync
        self._reload |= reload
        self.current.clear()
        self._needed.set()

    def _need_chat(self, chat: str, *, lost: bool = False) -> None:
        self._chats[chat] = self._chats.get(chat, False) or lost
        self._need()

    def _release(self, fresh: set[str]) -> None:
        """Go on with what was held, until something is missing again."""
        while self._held and not self._missing():
            event = self._held.popleft()
            if isinstance(event, w.MessagesHidden) and event.chat in fresh:
                self._need_chat(event.chat)  # its count may be older than what was just loaded
            self._take(event)

    def _take(self, event: HeardEvent) -> None:
        if isinstance(event, w.ChatEvent | w.AccountEvent):
            verdict = self._cursors.take(event)
            if verdict is Verdict.DOUBLE:
                return
            if verdict is Verdict.GAP:
                self._held.appendleft(event)
                self._need(sync=True)
                return
        for chat in self._state.apply(event):
            self._need_chat(chat)
        if isinstance(event, w.ChatLeft):
            self._cursors.leave(event.chat)
            self._chats.pop(event.chat, None)
        if is_known(event):
            self._tell(event)

    def _synced(self, synced: Synced) -> None:
        if synced.reset:
            self._cursors.clear()
            self._chats.clear()
            self._need(reload=True)
            return
        for entry in synced.account_events:
            self._take(entry)
        for delta in synced.chats:
            if delta.reset:
                self._need_chat(delta.chat, lost=True)
            for event in delta.events:
                self._take(event)
        self._state.read(synced.reads)
        self._state.draft(synced.drafts)

    def _listed(self, listed: w.ChatListed) -> None:
        """Where cursors stood, they stay: events between them and the loaded heads are still told, once."""
        self._state.load(listed)
        cursors = self._cursors
        first = not cursors.epoch
        if first:
            cursors.epoch, cursors.account_seq = listed.epoch, listed.account_seq
        new = [chat for chat in listed.chats if chat.id not in cursors.chats]
        cursors.chats.update((chat.id, chat.head) for chat in new)
        for gone in [chat for chat in cursors.chats if chat not in self._state.chats]:
            cursors.leave(gone)
        # what was loaded is fresh; a cursor that the server gave up is still lost
        self._chats = {chat: lost for chat, lost in self._chats.items() if lost and chat in self._state.chats}
        if first or new:
            self._tell(Reloaded(None if first else tuple(chat.id for chat in new), cursors.marks()))

    async def _get(self, ask: Ask) -> str:
        chat, lost = next(iter(self._chats.items()))
        try:
            got: w.ChatGot = await ask(w.ChatGet(chat=chat))
        except Refused as refusal:
            if refusal.retryable:
                raise
            self._state.drop(chat)  # left meanwhile; its own events have told or will tell it
            self._cursors.leave(chat)
            self._chats.pop(chat, None)
            return chat
        lost = self._chats.pop(chat, lost)
        self._state.put(got)
        if lost or chat not in self._cursors.chats:
            self._cursors.chats[chat] = got.chat.head
            self._tell(Reloaded((chat,), self._cursors.marks()))
        return chat
