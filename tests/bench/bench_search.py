"""p99 of ``message.search`` over a million messages, one stem of them in every tenth, on SQLite and on PostgreSQL.

``python -m tests.bench.bench_search``; the last line is JSON. 200 chats, the largest with a quarter of all messages;
the asker is in 60 of them. The mix: the common stem, a middling and a rare one, two words, beginnings as they are
typed, an author; in one chat and over all; first and second pages. Time is that of the whole command, one at a time.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import Connection, insert, text

from rtserver.actor import Actor
from rtserver.chat.marks import ReadMarks
from rtserver.chat.reading import ChatReader
from rtserver.clock import now_ms
from rtserver.wire import search as w
from storage import tables as t
from storage.db import Database, bulk_insert
from storage.events import GENESIS
from storage.ids import wire_id
from storage.migrate import upgrade
from storage.search import Entry, index_posts

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "1000000"))
CHATS, MINE, PEOPLE = 200, 60, 500
ASKER = 1
QUERIES = 600
COMMON, MIDDLING, RARE = "урок", "экскурсия", "осциллограф"
SYLLABLES = ("ба", "ве", "ги", "до", "жу", "за", "ке", "ли", "мо", "ну", "па", "ре", "си", "то", "фу", "хо", "це", "ча")
START_MS = 1_700_000_000_000


def vocabulary() -> list[str]:
    """20,000 made-up words: no stem of theirs is one of the three."""
    made = random.Random(7)
    return ["".join(made.choices(SYLLABLES, k=made.randint(2, 4))) for _ in range(20_000)]


def fill(connection: Connection, first: int, count: int, heads: dict[int, int]) -> None:
    """``count`` messages from number ``first`` on, spread over the chats; a pure function of their numbers."""
    made = random.Random(first)
    words = vocabulary()
    chats = made.choices(range(1, CHATS + 1), weights=[CHATS / 3, *[1.0] * (CHATS - 1)], k=count)
    messages, bodies, events, entries = [], [], [], []
    for number, chat in enumerate(chats, first):
        heads[chat] = seq = heads.get(chat, 0) + 1
        chosen = [words[min(int(made.paretovariate(0.6)), 19_999)] for _ in range(9)]
        if made.random() < 0.1:
            chosen.append(made.choice(("урок", "уроки", "уроков", "уроку")))
        if made.random() < 0.005:
            chosen.append(made.choice(("экскурсия", "экскурсии")))
        if made.random() < 0.00002:
            chosen.append("осциллографа")
        body, author, ts = " ".join(chosen), number % PEOPLE + 1, START_MS + number
        messages.append((chat, seq, author, f"nonce-{number}", b"", ts, seq, seq))
        bodies.append((chat, seq, b"", body))
        events.append((chat, seq, 10, author, ts, GENESIS))
        entries.append(Entry(chat, seq, author, body))
    columns = ("chat_id", "seq", "author", "nonce", "request_hash", "ts_ms", "post_no", "body_seq")
    bulk_insert(connection, t.message, columns, messages)
    bulk_insert(connection, t.message_body, ("chat_id", "seq", "salt", "body"), bodies)
    bulk_insert(connection, t.chat_event, ("chat_id", "seq", "kind", "actor", "ts_ms", "hash"), events)
    index_posts(connection, entries)


async def build(database: Database) -> None:
    heads: dict[int, int] = {}

    def people(connection: Connection) -> None:
        rows = [
            {"id": n, "first_name": "А", "last_name": f"Б{n}", "name_fold": "а", "created_ms": 0}
            for n in range(1, PEOPLE + 1)
        ]
        connection.execute(insert(t.account), rows)

    await database.write(people)
    for first in range(0, MESSAGES, 10_000):
        count = min(10_000, MESSAGES - first)
        await database.write(lambda c, first=first, count=count: fill(c, first, count, heads))

    def chats(connection: Connection) -> None:
        last = START_MS + MESSAGES
        rows = [
            {"id": chat, "kind": "group", "title": "Г", "head_hash": GENESIS, "seq": head, "post_no": head}
            | {"members_count": 1, "created_ms": START_MS, "last_ms": last}
            for chat, head in heads.items()
        ]
        connection.execute(insert(t.chat), rows)
        connection.execute(
            insert(t.membership),
            [
                {"chat_id": chat, "account_id": ASKER, "from_seq": 1, "role": "member"}
                for chat in range(1, MINE + 1)
                if chat in heads
            ],
        )
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))

    await database.write(chats)


def queries() -> list[dict[str, Any]]:
    mixed = random.Random(3)
    words = vocabulary()
    kinds = [
        lambda: f"{COMMON} ",
        lambda: f"{MIDDLING} ",
        lambda: f"{RARE} ",
        lambda: f"{COMMON} {MIDDLING} ",
        lambda: f"{COMMON} {words[mixed.randrange(5)]} ",
        lambda: words[mixed.randrange(2_000)][: mixed.randint(2, 5)],
        lambda: COMMON[: mixed.randint(2, 4)],
    ]
    asked = []
    for number in range(QUERIES):
        fields: dict[str, Any] = {"query": kinds[number % len(kinds)]()}
        if number // len(kinds) % 3:
            fields["chat"] = wire_id(1 if number % 2 else mixed.randint(1, MINE))
        if number % 5 == 0:
            fields["author"] = wire_id(mixed.randint(1, PEOPLE))
        asked.append(fields)
    return asked


async def run(url: str) -> dict[str, float]:
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    began = time.perf_counter()
    await build(database)
    built_s = time.perf_counter() - began
    search = ChatReader(database, now_ms, ReadMarks()).handlers()[w.MessageSearch]
    waits: list[tuple[float, str]] = []
    found = 0
    for warm in (True, False):
        for fields in queries():
            page = ""
            for _ in range(2):
                asked = time.perf_counter()
                result: Any = await search(Actor(ASKER, 1), w.MessageSearch(**fields, page=page))
                if not warm:
                    waits.append((time.perf_counter() - asked, str(fields)))
                    found += len(result.items)
                if result.next is None:
                    break
                page = result.next
    await database.close()
    waits.sort()
    for wait, fields in waits[-3:]:
        print(f"{wait * 1e3:.1f} ms {fields}", flush=True)
    times = [wait for wait, _ in waits]
    return {
        "p50_ms": round(statistics.median(times) * 1e3, 2),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1e3, 2),
        "built_s": round(built_s, 1),
        "found": found,
    }


@contextmanager
def postgresql(home: Path) -> Iterator[str | None]:
    """A server of our own on a unix socket, with its defaults; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        yield None
        return
    user: dict[str, str] = {}
    if os.geteuid() == 0:
        shutil.chown(home, "postgres")
        user["user"] = "postgres"
    binaries, data = found[-1].parent, home / "data"
    initdb = [binaries / "initdb", "-D", data, "-U", "rt", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=home, **user)
    control = [binaries / "pg_ctl", "-D", data, "-w"]
    options = f"-c listen_addresses= -c unix_socket_directories={home}"
    start = [*control, "-o", options, "-l", home / "log", "start"]
    subprocess.run(start, check=True, capture_output=True, cwd=home, **user)
    try:
        yield f"postgresql://rt@/postgres?host={home}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=home, **user)


def search_figures() -> dict[str, float]:
    """``search_p99_ms`` and ``search_p99_ms_postgres``."""
    told: dict[str, float] = {"search_messages": MESSAGES}
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR", ".")) as home:
        result = uvloop.run(run(f"sqlite:///{home}/rt.db"))
        print("search, SQLite", result, flush=True)
        told |= {"search_p50_ms": result["p50_ms"], "search_p99_ms": result["p99_ms"]}
    with tempfile.TemporaryDirectory() as home, postgresql(Path(home)) as url:
        if url is not None:
            result = uvloop.run(run(url))
            print("search, PostgreSQL", result, flush=True)
            told |= {"search_p50_ms_postgres": result["p50_ms"], "search_p99_ms_postgres": result["p99_ms"]}
    return told


if __name__ == "__main__":
    print(json.dumps(search_figures()))
