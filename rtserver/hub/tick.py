"""What one turn of the event loop has for each socket leaves in one write, joined once for all who get the same.

A burst of eight events to a thousand sockets is one join and a thousand writes, not eight thousand of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol


class Batch:
    """Frames in the order of sending. Sockets that got the same frames in this tick share one batch."""

    __slots__ = ("_before", "_data", "_frame", "_next")

    def __init__(self, before: Batch | None, frame: bytes) -> None:
        self._before = before
        self._frame = frame
        self._next: dict[bytes, Batch] | None = None
        self._data: bytes | None = None

    def then(self, frame: bytes) -> Batch:
        """The batch with one frame more: the same object for everybody who adds the same."""
        following = self._next
        if following is None:
            following = self._next = {}
        try:
            return following[frame]
        except KeyError:
            found = following[frame] = Batch(self, frame)
            return found

    @property
    def data(self) -> bytes:
        data = self._data
        if data is None:
            frames: list[bytes] = []
            at: Batch | None = self
            while at is not None:
                frames.append(at._frame)
                at = at._before
            data = self._data = b"".join(reversed(frames))
        return data


class Sink(Protocol):
    """A socket, as far as a tick cares."""

    pending: Batch | None
    transport: asyncio.Transport | None


class Tick:
    """Collects the sinks that have something to write and flushes them together at the end of the turn."""

    __slots__ = ("_root", "_sinks")

    def __init__(self) -> None:
        self._root = Batch(None, b"")
        self._sinks: list[Sink] = []

    def begin(self, frame: bytes) -> tuple[Batch, Callable[[Sink], None]]:
        """The batch of all sinks whose first frame of this turn is ``frame``, and what enters such a sink.

        Both are good until the turn ends. The sink may belong to another tick: this one writes it.
        """
        if not self._sinks:
            asyncio.get_running_loop().call_soon(self._flush)
        return self._root.then(frame), self._sinks.append

    def start(self, sink: Sink, frame: bytes) -> Batch:
        """The first frame of this turn for ``sink``."""
        batch, enter = self.begin(frame)
        enter(sink)
        return batch

    def _flush(self) -> None:
        sinks, self._sinks = self._sinks, []
        self._root = Batch(None, b"")  # lets go of this turn's frames
        last: Batch | None = None
        data = b""
        for sink in sinks:
            pending = sink.pending
            if pending is not None:  # else it was flushed early
                sink.pending = None
                if pending is not last:  # nearly all have the same
                    last, data = pending, pending.data
                transport = sink.transport
                if transport is not None:
                    transport.write(data)
