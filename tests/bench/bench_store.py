"""Durable messages a second through the real service on SQLite: rules, bodies, hash chain and search index on.

``python -m tests.bench.bench_store``; five runs after a warm-up, medians; the last line is JSON. CPU is that of the
whole process, kernel included. The peer is a transaction for each message through the same code, in the same run.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from sqlalchemy import insert

from rtserver.actor import Actor
from rtserver.bus.memory import MemoryBus
from rtserver.chat.members import make_chat
from rtserver.chat.service import ChatService
from rtserver.clock import now_ms
from rtserver.collector import settle
from rtserver.wire import chat as w
from rtserver.wire.types import ChatRole
from storage import tables as t
from storage.db import Database
from storage.ids import wire_id
from storage.migrate import upgrade
from tests.bench.bench_search import search_figures

SENDERS = 256
CHATS = 32
POSTS = 100
TEXT = "Домашнее задание {n}: тетради и книги, упражнение {s}, сдать завтра до первого урока"


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def run(home: Path, batch_max: int, posts: int) -> dict[str, float]:
    """One run in a new database: posts/s, CPU µs each, p50 and p99 of the acknowledgement in ms."""
    url = f"sqlite:///{home}/rt.db"
    upgrade(url)
    database = Database(url)
    service = ChatService(database, MemoryBus(), now_ms)
    service.writer._batch_max = batch_max
    service.start()

    def accounts(connection) -> None:
        rows = [
            {"id": i, "first_name": "А", "last_name": f"Б{i}", "name_fold": "а", "created_ms": 0}
            for i in range(1, SENDERS + 1)
        ]
        connection.execute(insert(t.account), rows)

    await database.write(accounts)
    members: list[tuple[int, ChatRole]] = [(i, "member") for i in range(1, SENDERS + 1)]
    chats = [
        wire_id(await service.run(lambda work: make_chat(work, "group", "Г", 1, members).id)) for _ in range(CHATS)
    ]
    post = service.handlers()[w.MessagePost]
    waits: list[float] = []

    async def sender(s: int) -> None:
        actor = Actor(s, 1)
        for n in range(posts):
            command = w.MessagePost(chat=chats[s % CHATS], nonce=f"nonce-{s}-{n}", text=TEXT.format(n=n, s=s))
            asked = time.perf_counter()
            await post(actor, command)
            waits.append(time.perf_counter() - asked)

    settle()  # as ``rtserver.app.serve`` does once all stands
    began, cpu = time.perf_counter(), cpu_s()
    await asyncio.gather(*(sender(s) for s in range(1, SENDERS + 1)))
    wall, cpu = time.perf_counter() - began, cpu_s() - cpu
    await service.close()
    await database.close()
    waits.sort()
    return {
        "per_s": len(waits) / wall,
        "cpu_us": cpu / len(waits) * 1e6,
        "p50_ms": waits[len(waits) // 2] * 1e3,
        "p99_ms": waits[int(len(waits) * 0.99)] * 1e3,
    }


def end_to_end() -> dict[str, float]:
    """What posts through real sockets reach: the last line of ``tests.bench.end_to_end``, where that one stands."""
    if importlib.util.find_spec("tests.bench.end_to_end") is None:
        return {}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.end_to_end"], stdout=subprocess.PIPE, text=True, check=True
    )
    print(done.stdout, end="", flush=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    runs: list[dict[str, float]] = []
    single: list[dict[str, float]] = []
    for number in range(6):
        for batch_max, posts, into in ((512, POSTS, runs), (1, 4, single)):
            with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR", ".")) as home:
                result = uvloop.run(run(Path(home), batch_max, posts))
            if number:  # the first warms up
                into.append(result)
            print({key: round(value, 1) for key, value in result.items()}, "batch", batch_max, flush=True)

    def median(into: list[dict[str, float]], key: str) -> float:
        return round(statistics.median(r[key] for r in into), 1)

    print(
        json.dumps(
            end_to_end()
            | search_figures()
            | {
                "durable_per_s": median(runs, "per_s"),
                "cpu_us_each": median(runs, "cpu_us"),
                "ack_p50_ms": median(runs, "p50_ms"),
                "ack_p99_ms": median(runs, "p99_ms"),
                "transaction_each_per_s": median(single, "per_s"),
                "senders": SENDERS,
                "runs": len(runs),
                "sqlite": sqlite3.sqlite_version,
                "python": platform.python_version(),
            }
        )
    )


if __name__ == "__main__":
    main()
