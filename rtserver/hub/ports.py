"""What the hub needs of the rest of the house, as small protocols that ``rtserver.app`` binds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from rtserver.actor import Actor, Handler

__all__ = ["Actor", "Doorkeeper", "Handler", "Logs"]


class Doorkeeper(Protocol):
    """Who may have a connection."""

    async def admit(self, token: str) -> Actor:
        """The actor of a live session token, else ``AppError`` ``unauthorized`` or ``session_ended``."""

    async def ended(self, sessions: Sequence[int]) -> set[int]:
        """Which of these sessions are no longer alive."""


class Logs(Protocol):
    """The streams' logs, for rooms and for hubs that see a gap."""

    async def epoch(self) -> str: ...

    async def streams_of(self, account: int) -> dict[str, int]:
        """Every stream the account hears now (its own and its chats') with the stream's head."""

    async def heads(self, streams: Sequence[str]) -> dict[str, int]: ...

    async def entries(self, stream: str, after: int, upto: int) -> list[msgspec.Struct]:
        """Events with ``after < seq <= upto``, in order."""
