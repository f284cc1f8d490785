"""What the hub needs of the rest of the house, as small protocols that ``rtserver.app`` binds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from rtserver.wire.chat import Result


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a live session of an account."""

    account: int
    session: int
    name: str = ""


Handler = Callable[[Actor, Any], Awaitable[Result]]
"""Takes the actor and the command's Struct (that of ``wire.registry.COMMANDS``); raises ``AppError``."""


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
