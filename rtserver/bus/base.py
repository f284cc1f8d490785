"""The port of the bus: hints about committed log entries and bounded ephemeral events. It stores nothing.

A hint may be lost, doubled or late; receivers trust ``seq`` and read the log across gaps (architecture §2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec


class Hint(NamedTuple):
    """``stream`` is ``chat:<id>`` or ``account:<id>``; ``seq`` 0 marks an event that is told and not logged."""

    stream: str
    seq: int
    event: msgspec.Struct


Receiver = Callable[[Sequence[Hint]], None]


class Bus(Protocol):
    def publish(self, hints: Sequence[Hint]) -> None:
        """Tell every hub. Called after the commit, before the acknowledgement; never blocks, never raises."""

    def subscribe(self, receiver: Receiver) -> Callable[[], None]:
        """Add a receiver; the returned function removes it. Each publisher's hints arrive in its order."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


def chat_stream(chat_id: int) -> str:
    return f"chat:{chat_id}"


def account_stream(account_id: int) -> str:
    return f"account:{account_id}"
