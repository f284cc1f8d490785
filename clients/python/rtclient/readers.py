"""The queues behind ``Client.events()``: bounded; an overfull one ends with ``Overrun``, never with a silent hole."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from .errors import Ended, Overrun
from .events import Event


class Reader:
    """An asynchronous iterator over events. ``taken`` is told of each event once its consumer asks for the next."""

    def __init__(self, most: int, taken: Callable[[Event], None]) -> None:
        self._most = most
        self._taken = taken
        self._waiting: deque[Event] = deque()
        self._changed = asyncio.Event()
        self._overrun = False
        self._end: Ended | None = None
        self._last: Event | None = None

    def put(self, event: Event) -> bool:
        """False when this reader has fallen too far behind and gets nothing more."""
        if len(self._waiting) >= self._most:
            self._overrun = True
        else:
            self._waiting.append(event)
        self._changed.set()
        return not self._overrun

    def end(self, reason: Ended) -> None:
        self._end = reason
        self._changed.set()

    def done(self) -> None:
        """The event given last is done with; asking for the next one says so too."""
        if self._last is not None:
            last, self._last = self._last, None
            self._taken(last)

    def __aiter__(self) -> Reader:
        return self

    async def __anext__(self) -> Event:
        self.done()
        while not self._waiting:
            if self._overrun:
                raise Overrun(f"more than {self._most} events waited")
            if self._end is not None:
                if self._end.args:
                    raise self._end
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        self._last = self._waiting.popleft()
        return self._last
