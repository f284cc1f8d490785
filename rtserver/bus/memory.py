"""The bus of one process: hints go straight to the receivers. It keeps nothing and reaches no other process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from .base import Hint, Receiver

_log = logging.getLogger(__name__)


class MemoryBus:
    """Calls every receiver inside ``publish``: each publisher's order is kept, and nothing can pile up."""

    def __init__(self) -> None:
        self._receivers: dict[object, Receiver] = {}

    def publish(self, hints: Sequence[Hint]) -> None:
        """Tell every receiver. A receiver that fails is logged and costs the others nothing: the log repairs it."""
        if not hints:
            return
        for receiver in tuple(self._receivers.values()):
            try:
                receiver(hints)
            except Exception:
                # The edge of the bus: a publisher has committed already and must not hear of a receiver's failure.
                _log.exception("bus_receiver_failed")

    def subscribe(self, receiver: Receiver) -> Callable[[], None]:
        key = object()
        self._receivers[key] = receiver

        def unsubscribe() -> None:
            self._receivers.pop(key, None)

        return unsubscribe

    async def start(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        self._receivers.clear()
