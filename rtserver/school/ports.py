"""What schools need of the house around them: a transaction that can tell accounts, and the chats of classes.

``rtserver.chat.class_rooms`` implements it; ``rtserver.app`` binds the two, since ``school`` may not import ``chat``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy import Connection

from rtserver.wire.chat import AccountEvent

T = TypeVar("T")
RoomRole = Literal["member", "teacher", "admin"]


class Telling(Protocol):
    """The writer's transaction: everything done in it is committed together or not at all, then told."""

    @property
    def connection(self) -> Connection: ...

    @property
    def now(self) -> int: ...

    def append_account(self, account: int, make: Callable[[int, int], AccountEvent]) -> None:
        """Write one event of the account's own log."""


class Transaction(Telling, Protocol):
    """And the chats of classes."""

    def open_room(self, klass: int) -> int:
        """The class's chat; made when missing, with everybody who belongs to the class (R-34)."""

    def enter_room(self, klass: int, account: int, role: RoomRole) -> int:
        """Into the class's chat, with all of its history; its id. Harmless when inside already."""

    def leave_room(self, klass: int, account: int) -> None:
        """Out of the class's chat when inside."""

    def leave_rooms(self, account: int) -> None:
        """Out of every class's chat and group, for an account that is closed; direct chats stay with the other half."""

    def rename_room(self, klass: int, title: str) -> None:
        """The class's chat follows the class's name."""


class Run(Protocol):
    """Runs a task in the writer's transaction and gives its result once durable."""

    def __call__(self, task: Callable[[Transaction], T], /) -> Awaitable[T]: ...


Task = Callable[[Transaction], Any]
