"""What signaling needs of the rest of the house, as small protocols that ``rtserver.app`` binds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from media.control import AnyOrder, Load, Notice


class Doors(Protocol):
    """Who may start, enter and end a chat's call (R-106, D17). Each raises ``AppError`` where it may not be."""

    async def may_start(self, account: int, chat: int) -> None: ...

    async def may_enter(self, account: int, chat: int) -> None: ...

    async def may_end(self, account: int, chat: int, started_by: int) -> None: ...

    async def leads(self, account: int, chat: int) -> bool:
        """Whether this is a teacher or administrator of the chat: always heard, first in the grid."""


class Worker(Protocol):
    """One media worker that is there. ``order`` raises ``WorkerError``."""

    name: str
    load: Load | None

    async def order(self, order: AnyOrder) -> str: ...


class Workers(Protocol):
    """The media workers. ``on_notice`` and ``on_gone`` are set once, before ``start``."""

    on_notice: Callable[[Worker, Notice], None]
    on_gone: Callable[[Worker], None]

    def present(self) -> list[Worker]: ...


class WorkerError(Exception):
    """A worker refused or is away: ``code`` is one of ``media.control.Reply``'s, or ``away``."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
