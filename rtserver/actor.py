"""Who asks, and what answers a command: shared by the hub and the services behind it. Decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rtserver.wire.chat import Result


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a live session of an account."""

    account: int
    session: int
    name: str = ""


Handler = Callable[[Actor, Any], Awaitable[Result]]
"""Takes the actor and the command's Struct (that of ``wire.registry.COMMANDS``); raises ``AppError``."""
