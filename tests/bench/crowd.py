"""A database with thousands of signed-in people in chats, made through the real services, for benchmarks of the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from rtserver.auth.sessions import open_session
from rtserver.bus.memory import MemoryBus
from rtserver.chat.members import make_chat
from rtserver.chat.rules import ChatLimits
from rtserver.chat.service import ChatService
from rtserver.chat.work import Work
from rtserver.clock import now_ms
from rtserver.wire.types import ChatRole
from storage import tables as t
from storage.db import Database
from storage.ids import wire_id
from storage.migrate import upgrade


async def make_crowd(home: Path, people: int, big: int, rooms: int, small: int) -> list[dict[str, Any]]:
    """``people`` accounts, each in one chat of ``big`` and in ``rooms - 1`` chats of ``small`` members.

    Gives for each ``{"token", "chat", "rooms"}``; ``chat`` is its big one. The database is ``home/rt.db``.
    """
    url = f"sqlite:///{home}/rt.db"
    upgrade(url)
    database = Database(url)
    service = ChatService(database, MemoryBus(), now_ms, ChatLimits())
    service.start()
    numbers = list(range(1, people + 1))

    def accounts(connection: Connection) -> list[str]:
        rows = [
            {"id": n, "first_name": "Имя", "last_name": f"Фамилия{n}", "name_fold": "имя", "created_ms": 0}
            for n in numbers
        ]
        connection.execute(insert(t.account), rows)
        return [open_session(connection, n, "bench", now_ms()) for n in numbers]

    tokens = await database.write(accounts)
    crowd: list[dict[str, Any]] = [{"token": token, "chat": "", "rooms": []} for token in tokens]

    async def chat(members: list[int]) -> str:
        roles: list[tuple[int, ChatRole]] = [(members[0], "admin")]

        def task(work: Work) -> int:
            head = make_chat(work, "group", "Группа", members[0], roles)
            # The others by one statement: 100,000 joins told one by one take minutes, and nothing here reads them.
            row = {"chat_id": head.id, "from_seq": 1, "to_seq": None, "role": "member"}
            work.connection.execute(insert(t.membership), [{**row, "account_id": n} for n in members[1:]])
            head.members_count += len(members) - 1
            return head.id

        made = wire_id(await service.run(task))
        for n in members:
            crowd[n - 1]["rooms"].append(made)
        return made

    for start in range(0, people, big):
        members = numbers[start : start + big]
        made = await chat(members)
        for n in members:
            crowd[n - 1]["chat"] = made
    groups = -(-people // small)
    for _ in range(1, rooms):
        for group in range(groups):
            await chat(numbers[group::groups])
    await service.close()
    await database.close()
    return crowd
