"""Who may start, enter and end the call of a chat: members alone (R-106), and in a class a teacher starts (D17)."""

from __future__ import annotations

from sqlalchemy import Connection

from rtserver.school.relations import may_write
from rtserver.wire.errors import AppError
from storage.db import Database
from storage.tables import chat as chat_table

from .loads import member_role, other_of_direct, role_in

LEADERS = ("teacher", "admin")


class CallDoors:
    """See ``signaling.ports.Doors``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def may_start(self, account: int, chat: int) -> None:
        await self._database.read(lambda connection: _may_start(connection, account, chat))

    async def may_enter(self, account: int, chat: int) -> None:
        await self._database.read(lambda connection: _may_enter(connection, account, chat))

    async def may_end(self, account: int, chat: int, started_by: int) -> None:
        def ask(connection: Connection) -> None:
            role = member_role(connection, chat, account)
            if account != started_by and role not in LEADERS and _kind(connection, chat)[0] != "direct":
                raise AppError("call_end_not_allowed")

        await self._database.read(ask)

    async def leads(self, account: int, chat: int) -> bool:
        return await self._database.read(lambda connection: role_in(connection, chat, account) in LEADERS)


def _kind(connection: Connection, chat: int) -> tuple[str, str | None]:
    c = chat_table.c
    row = connection.execute(chat_table.select().with_only_columns(c.kind, c.direct_key).where(c.id == chat)).first()
    if row is None:
        raise AppError("chat_unknown")
    return row.kind, row.direct_key


def _may_start(connection: Connection, account: int, chat: int) -> None:
    role = member_role(connection, chat, account)
    kind, key = _kind(connection, chat)
    if kind == "class" and role not in LEADERS:
        raise AppError("call_start_not_allowed")
    _reachable(connection, account, kind, key)


def _may_enter(connection: Connection, account: int, chat: int) -> None:
    member_role(connection, chat, account)
    _reachable(connection, account, *_kind(connection, chat))


def _reachable(connection: Connection, account: int, kind: str, key: str | None) -> None:
    """A block acts on direct calls as on direct messages (D17, R-81)."""
    if kind == "direct":
        refusal = may_write(connection, account, other_of_direct(key, account))
        if refusal is not None:
            raise refusal
