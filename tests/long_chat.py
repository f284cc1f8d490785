"""Writes long chats into a school's database through the real service, before a server runs on it.

``python -m tests.long_chat DATABASE_URL AUTHOR READER CHATS POSTS`` prints the chats' ids as JSON: the first chat has
``POSTS`` messages, each other one 60. All are read by ``READER``. Times run on by a minute a message, so that days and
groups come as in a real chat; every fifth message is several lines long.
"""

from __future__ import annotations

import asyncio
import json
import sys

from rtserver.actor import Actor
from rtserver.bus.memory import MemoryBus
from rtserver.chat.members import make_chat
from rtserver.chat.service import ChatService
from rtserver.chat.work import Work
from rtserver.clock import now_ms
from rtserver.wire import chat as w
from rtserver.wire.types import ChatRole
from storage.db import Database
from storage.ids import parse_id, wire_id

SHORT = 60
MINUTE_MS = 60_000
TOGETHER = 256
"""Posts in one transaction at most."""


def text_of(number: int) -> str:
    """Message ``number``: words of many lengths, and now and then several lines."""
    words = ("урок", "тетрадь", "упражнение", "контрольная", "перемена", "доска", "мел", "звонок", "расписание")
    said = " ".join(words[(number * 7 + at) % len(words)] for at in range(number % 17 + 1))
    lines = "\n".join(f"— пункт {at}" for at in range(number % 4 + 1)) if number % 5 == 0 else ""
    return f"№ {number}: {said}\n{lines}".strip()


async def write(url: str, author: int, reader: int, chats: int, posts: int) -> list[str]:
    now = now_ms() - (posts + SHORT * chats + TOGETHER) * MINUTE_MS

    def clock() -> int:
        nonlocal now
        now += MINUTE_MS
        return now

    database = Database(url)
    service = ChatService(database, MemoryBus(), clock)
    service.start()
    handlers = service.handlers()
    members: list[tuple[int, ChatRole]] = [(author, "admin"), (reader, "member")]
    made: list[str] = []
    for chat in range(chats):

        def task(work: Work, title: str = f"Чат {chat}") -> int:
            return int(make_chat(work, "group", title, author, members).id)

        ident = wire_id(await service.run(task))
        made.append(ident)
        count = SHORT if chat else posts
        for start in range(0, count, TOGETHER):
            await asyncio.gather(
                *(
                    handlers[w.MessagePost](
                        Actor(reader if number % 3 == 0 else author, 1),
                        w.MessagePost(chat=ident, nonce=f"long-{chat}-{number}", text=text_of(number)),
                    )
                    for number in range(start, min(start + TOGETHER, count))
                )
            )
        await handlers[w.ChatMarkRead](Actor(reader, 1), w.ChatMarkRead(chat=ident))
    await service.close()
    await database.close()
    return made


if __name__ == "__main__":
    _, database_url, first, second, how_many, length = sys.argv
    print(
        json.dumps(asyncio.run(write(database_url, parse_id(first), parse_id(second), int(how_many), int(length)))),
        flush=True,
    )
