"""What uploads and files need of the house around them; ``rtserver.app`` binds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from rtserver.wire.chat import AccountEvent

T = TypeVar("T")


class Transaction(Protocol):
    """The writer's transaction: everything done in it is committed together or not at all, then told."""

    @property
    def connection(self) -> Connection: ...

    @property
    def now(self) -> int: ...

    def append_account(self, account: int, make: Callable[[int, int], AccountEvent]) -> None:
        """Write one event of the account's own log."""

    def settle_posts(self, upload: int) -> None:
        """An upload became a file or never will: posts that waited for it, and for nothing else, are posted. Call it
        before ``append_account``: chats are locked before accounts.
        """


class Run(Protocol):
    """Runs a task in the writer's transaction and gives its result once durable."""

    def __call__(self, task: Callable[[Transaction], T], /) -> Awaitable[T]: ...
