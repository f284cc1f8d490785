"""Makes endpoints out of reads and changes of schools. Decides nothing: what it is given asks the rules.

``held`` says whether an account whose entry is held may use the door (S14): without it the door refuses.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from rtserver.school.hold import check_entry
from rtserver.school.ports import Transaction
from rtserver.school.service import SchoolService
from rtserver.wire.school import Empty

from .http import Admission, Call, Endpoint

Read = Callable[[Connection, int, Call], msgspec.Struct]
Change = Callable[[Transaction, Call], msgspec.Struct]
HELD = ("parent_confirmation_needed", "consent_withdrawn")
BUSY = ("unavailable",)


class Doors:
    """Collects endpoints over one service."""

    def __init__(self, service: SchoolService) -> None:
        self.service = service
        self.endpoints: list[Endpoint] = []

    def get(
        self,
        path: str,
        answer: type[msgspec.Struct],
        about: str,
        read: Read,
        *,
        errors: tuple[str, ...] = (),
        query: tuple[str, ...] = (),
        admission: Admission = "signed",
        held: bool = False,
    ) -> None:
        guarded = admission == "signed" and not held

        async def handle(call: Call) -> msgspec.Struct:
            def work(connection: Connection, now: int) -> msgspec.Struct:
                if guarded:
                    check_entry(connection, call.signed.account, now)
                return read(connection, now, call)

            return await self.service.read(work)

        self.endpoints.append(
            Endpoint(
                "GET",
                path,
                handle,
                answer,
                about,
                admission=admission,
                errors=errors + (HELD if guarded else ()),
                query=query,
            )
        )

    def post(
        self,
        path: str,
        body: type[msgspec.Struct],
        answer: type[msgspec.Struct],
        about: str,
        change: Change,
        *,
        errors: tuple[str, ...] = (),
        held: bool = False,
    ) -> None:
        async def handle(call: Call) -> msgspec.Struct:
            def task(tx: Transaction) -> msgspec.Struct:
                if not held:
                    check_entry(tx.connection, call.signed.account, tx.now)
                return change(tx, call)

            return await self.service.change(task)

        self.endpoints.append(
            Endpoint("POST", path, handle, answer, about, body=body, errors=errors + BUSY + (() if held else HELD))
        )

    def act(self, path: str, answer: type[msgspec.Struct], about: str, change: Change, **more: object) -> None:
        """A change without fields."""
        self.post(path, Empty, answer, about, change, **more)  # type: ignore[arg-type] # passed on as it is
