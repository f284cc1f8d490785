"""What the sockets do: connect, stay idle, be told, post. Each scenario gives raw figures; it judges none of them."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rtserver.wire.types import WIRE_VERSION

from .process import cpu_s, resident_kib
from .socket import LeanSocket


@dataclass(frozen=True)
class Plan:
    """``people``: for each socket ``{"token", "chat", "rooms"}``; ``chat`` is where it posts, ``rooms`` serves a peer
    that keeps no members. ``msgpack_every`` n gives every n-th socket the other serialiser, 0 none.
    """

    url: str
    people: Sequence[dict[str, Any]]
    ramp: int = 64
    msgpack_every: int = 0
    pid: int = 0
    text: str = ""
    collect_signal: bool = False
    """The peer frees its garbage on SIGUSR2 before its memory is read."""


@dataclass
class Board:
    """Arrivals of all sockets: ``sent_s`` is when the running post left."""

    expected: int = 0
    arrived: int = 0
    sent_s: float = 0.0
    delays_s: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, at_s: float, _payload: bytes) -> None:
        self.arrived += 1
        self.delays_s.append(at_s - self.sent_s)
        if self.arrived == self.expected:
            self.done.set()

    def begin(self, expected: int) -> None:
        self.expected, self.arrived = expected, 0
        self.done.clear()
        self.sent_s = time.perf_counter()


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


async def connect(plan: Plan, board: Board, people: Sequence[dict[str, Any]]) -> list[LeanSocket]:
    """Open one socket for each, ``ramp`` at a time. Raises what the first failure raised."""
    gate = asyncio.Semaphore(plan.ramp)

    async def one(index: int, person: dict[str, Any]) -> LeanSocket:
        auth = {"token": person["token"], "wire_version": WIRE_VERSION}
        if "rooms" in person:
            auth["rooms"] = person["rooms"]
        msgpack = bool(plan.msgpack_every) and index % plan.msgpack_every == 0
        async with gate:
            client = LeanSocket(plan.url, auth, msgpack=msgpack, on_event=board.hear)
            await client.open()
        return client

    return list(await asyncio.gather(*(one(index, person) for index, person in enumerate(people))))


async def idle(plan: Plan, *, settle_s: float = 2.0) -> dict[str, Any]:
    """KiB of resident memory for each idle connection."""
    before = await _memory(plan, settle_s)
    began = time.perf_counter()
    clients = await connect(plan, Board(), plan.people)
    seconds = time.perf_counter() - began
    after = await _memory(plan, settle_s)
    for client in clients:
        client.close()
    return {
        "sockets": len(clients),
        "before_kib": round(before),
        "after_kib": round(after),
        "kib_per_connection": round((after - before) / len(clients), 2),
        "connects_per_s": round(len(clients) / seconds),
    }


async def _memory(plan: Plan, settle_s: float) -> float:
    await asyncio.sleep(settle_s)
    if plan.collect_signal:
        os.kill(plan.pid, signal.SIGUSR2)
        await asyncio.sleep(1.0)
    return resident_kib(plan.pid)


async def fanout(plan: Plan, *, events: int, burst: int, deaf: bool = False) -> dict[str, Any]:
    """Posts told to every socket; ``burst`` posts leave together, the next ones when all have arrived everywhere."""
    board = Board()
    people = plan.people
    clients = await connect(plan, board, people)
    silent: LeanSocket | None = None
    if deaf:
        silent = LeanSocket(plan.url, {**_auth(people[0])}, msgpack=False, on_event=lambda at, payload: None)
        await silent.open(receive_bytes=4096)
        silent.deafen()
    await _round(board, clients, people, plan.text, -1, burst)  # warms both sides up, uncounted
    board.delays_s.clear()
    cpu, began = cpu_s(plan.pid), time.perf_counter()
    for number in range(events):
        await _round(board, clients, people, plan.text, number, burst)
    wall, cpu = time.perf_counter() - began, cpu_s(plan.pid) - cpu
    deliveries = events * burst * len(clients)
    for client in clients:
        client.close()
    if silent is not None:
        silent.close()
    return {
        "sockets": len(clients),
        "deliveries": deliveries,
        "cpu_s": round(cpu, 2),
        "wall_s": round(wall, 3),
        "per_cpu_s": round(deliveries / cpu),
        "per_wall_s": round(deliveries / wall),
        "p50_ms": round(quantile(board.delays_s, 0.5) * 1e3, 2),
        "p99_ms": round(quantile(board.delays_s, 0.99) * 1e3, 2),
    }


def _auth(person: dict[str, Any]) -> dict[str, Any]:
    return {key: person[key] for key in ("token", "rooms") if key in person}


async def _round(
    board: Board, clients: list[LeanSocket], people: Sequence[dict[str, Any]], text: str, number: int, burst: int
) -> None:
    """The senders take turns, so that no account meets its rate limit."""
    board.begin(burst * len(clients))
    answers = []
    for step in range(burst):
        turn = (number * burst + step) % len(clients)
        nonce = f"round-{time.monotonic_ns():x}-{step}"
        fields = {"chat": people[turn]["chat"], "text": text, "nonce": nonce}
        answers.append(clients[turn].call("message.post", fields))
    for answer in await asyncio.gather(*answers):
        if not answer["ok"]:
            raise RuntimeError(str(answer))
    await asyncio.wait_for(board.done.wait(), 30)


async def posts(plan: Plan, *, seconds: float, senders: int, told: int) -> dict[str, Any]:
    """``senders`` post as fast as they are acknowledged; each post is told to ``told`` sockets."""
    board = Board()
    people = plan.people
    clients = await connect(plan, board, people)
    stop_s = time.perf_counter() + seconds
    waits: list[float] = []

    async def sender(index: int) -> None:
        count = 0
        while time.perf_counter() < stop_s:
            count += 1
            asked = time.perf_counter()
            fields = {"chat": people[index]["chat"], "text": plan.text, "nonce": f"load-{index}-{count:07}"}
            answer = await clients[index].call("message.post", fields)
            if not answer["ok"]:
                raise RuntimeError(str(answer))
            waits.append(time.perf_counter() - asked)

    cpu, began = cpu_s(plan.pid), time.perf_counter()
    await asyncio.gather(*(sender(index) for index in range(senders)))
    board.expected = len(waits) * told
    if board.arrived < board.expected:
        await asyncio.wait_for(board.done.wait(), 30)
    wall, cpu = time.perf_counter() - began, cpu_s(plan.pid) - cpu
    for client in clients:
        client.close()
    return {
        "posts": len(waits),
        "per_s": round(len(waits) / wall),
        "deliveries": board.arrived,
        "cpu_us_each": round(cpu / len(waits) * 1e6, 1),
        "ack_p50_ms": round(quantile(waits, 0.5) * 1e3, 2),
        "ack_p99_ms": round(quantile(waits, 0.99) * 1e3, 2),
    }
