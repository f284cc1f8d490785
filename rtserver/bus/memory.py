"""The bus inside one process. Keeps nothing: a receiver that was not there reads the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from .base import Hint, Receiver

log = logging.getLogger(__name__)


class MemoryBus:
    """Calls every receiver at once, in the order of publishing."""

    def __init__(self) -> None:
        self._receivers: list[Receiver] = []

    def publish(self, hints: Sequence[Hint]) -> None:
        for receiver in tuple(self._receivers):
            try:
                receiver(hints)
            except Exception:  # a receiver's fault must not undo the publisher's acknowledgement
                log.exception("a receiver of the bus failed")

    def subscribe(self, receiver: Receiver) -> Callable[[], None]:
        self._receivers.append(receiver)
        return lambda: self._receivers.remove(receiver)

    async def start(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        self._receivers.clear()
