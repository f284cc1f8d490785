"""One writer for each upload: a newcomer asks the holder to stop and waits until it has let go. Never shared.

Browsers come back while their old connection is still half open; who comes last is who is alive.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rtserver.wire.errors import AppError


class Hold:
    """A held lock. Its holder looks at ``stopped`` between blocks and waits for ``stop`` where it waits for bytes."""

    def __init__(self) -> None:
        self.stopped = False
        """A plain flag that threads read."""
        self.stop = asyncio.Event()

    def ask(self) -> None:
        self.stopped = True
        self.stop.set()


class Locks:
    """By upload, inside one process. Between processes of one machine the file itself is locked (``Disk.open``)."""

    def __init__(self, takeover_s: float) -> None:
        self._takeover_s = takeover_s
        self._held: dict[int, Hold] = {}
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def take(self, upload: int) -> AsyncIterator[Hold]:
        """The lock once its holder has let go; ``upload_locked`` when it did not in time."""
        await self._acquire(upload)
        hold = self._held[upload] = Hold()
        self._idle.clear()
        if self._waiting.get(upload):
            hold.ask()  # somebody came after us already
        try:
            yield hold
        finally:
            del self._held[upload]
            self._wake(upload)
            if not self._held and not self._waiting:
                self._idle.set()

    async def _acquire(self, upload: int) -> None:
        holder = self._held.get(upload)
        if holder is None and not self._waiting.get(upload):
            return
        if holder is not None:
            holder.ask()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = self._waiting.setdefault(upload, deque())
        queue.append(turn)
        try:
            async with asyncio.timeout(self._takeover_s):
                await turn
        except BaseException as error:
            self._forget(upload, turn)
            if turn.done() and not turn.cancelled():
                self._wake(upload)  # it was our turn just now: the next one's, then
            if isinstance(error, TimeoutError):
                raise AppError("upload_locked") from None
            raise
        self._forget(upload, turn)

    def _forget(self, upload: int, turn: asyncio.Future[None]) -> None:
        queue = self._waiting[upload]
        queue.remove(turn)
        if not queue:
            del self._waiting[upload]

    def _wake(self, upload: int) -> None:
        for turn in self._waiting.get(upload, ()):
            if not turn.done():
                turn.set_result(None)
                return

    def stop_all(self) -> None:
        """The process ends: every holder makes durable what it has and answers."""
        for hold in self._held.values():
            hold.ask()

    async def idle(self) -> None:
        """Until nothing is held or waited for."""
        await self._idle.wait()
