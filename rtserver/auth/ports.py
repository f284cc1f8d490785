"""What logging in needs of schools and families, as small protocols. ``rtserver.app`` binds them to ``school``.

Without a school bound (``NoSchool``) every link is unknown and everybody may enter: what a bare database has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, TypeVar

from sqlalchemy import Connection

from rtserver.wire.chat import AccountEvent
from rtserver.wire.errors import AppError
from rtserver.wire.family import ParentLinkCheck
from rtserver.wire.school import InviteCheck

T = TypeVar("T")
HoldReason = Literal["", "under_14", "consent_withdrawn"]


class Transaction(Protocol):
    """The writer's transaction: everything done in it is committed together or not at all, then told."""

    @property
    def connection(self) -> Connection: ...

    @property
    def now(self) -> int: ...

    def append_account(self, account: int, make: Callable[[int, int], AccountEvent]) -> None:
        """Write one event of the account's own log."""

    def leave_rooms(self, account: int) -> None:
        """Out of every class's chat and group, for an account that is closed."""


class Run(Protocol):
    """Runs a task in the writer's transaction and gives its result once durable."""

    def __call__(self, task: Callable[[Transaction], T], /) -> Awaitable[T]: ...


class Schools(Protocol):
    """Read by the log-in's own transactions; raises the codes of links for links that do not work (E-15)."""

    def check_invite(self, connection: Connection, token: str, now: int) -> InviteCheck:
        """R-16: school, class and whether an e-mail is allowed; ``invite_*`` or ``link_malformed`` otherwise."""

    def named_invite(self, connection: Connection, token: str, now: int) -> int | None:
        """The id of a named invite (one pupil of an imported list), to which a paper code is bound; else None."""

    def check_parent_link(self, connection: Connection, token: str, viewer: int | None, now: int) -> ParentLinkCheck:
        """R-59, R-69…R-71: the child's short name; ``self_parent``, ``parents_full``, ``parent_link_expired``."""

    def is_child(self, connection: Connection, account: int, now: int) -> bool:
        """R-5, R-60: whether the number's profile is a student under 18, so that a parent must use another one."""

    def hold(self, connection: Connection, account: int, now: int) -> HoldReason:
        """D6, D16: why entry is held."""

    def stage(self, connection: Connection, account: int) -> Literal["member", "waiting", "none"]:
        """Whether the account has a role or a confirmed child, else a waiting application, else nothing."""

    def applied(self, connection: Connection, account: int, token: str, now: int) -> bool:
        """Whether this invite needs no answer any more: applied by it, already a member, or it is dead."""

    def join(self, account: int, token: str) -> Awaitable[None]:
        """R-32: make the application of the invite, in a transaction of its own."""

    def decline(self, account: int, token: str) -> Awaitable[None]:
        """R-31: check the invite; nothing is created."""

    def leave_everything(self, tx: Transaction, account: int) -> None:
        """The account is being closed (E-13): end its roles, applications and family ties and tell those whom that
        touches. Raises ``last_admin``.
        """


class NoSchool:
    """No schools: for a server before its first one, and for tests of log-in alone."""

    def check_invite(self, connection: Connection, token: str, now: int) -> InviteCheck:
        raise AppError("not_found")

    def named_invite(self, connection: Connection, token: str, now: int) -> int | None:
        return None

    def check_parent_link(self, connection: Connection, token: str, viewer: int | None, now: int) -> ParentLinkCheck:
        raise AppError("not_found")

    def is_child(self, connection: Connection, account: int, now: int) -> bool:
        return False

    def hold(self, connection: Connection, account: int, now: int) -> HoldReason:
        return ""

    def stage(self, connection: Connection, account: int) -> Literal["member", "waiting", "none"]:
        return "none"

    def applied(self, connection: Connection, account: int, token: str, now: int) -> bool:
        return True

    async def join(self, account: int, token: str) -> None:
        raise AppError("not_found")

    async def decline(self, account: int, token: str) -> None:
        raise AppError("not_found")

    def leave_everything(self, tx: Transaction, account: int) -> None:
        return None
