"""Entering a call while rights or room run out: the worker answers later than what happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from media import control as c
from rtserver.actor import Actor
from rtserver.bus.base import Hint, chat_stream
from rtserver.bus.memory import MemoryBus
from rtserver.wire import calls as w
from rtserver.wire.chat import MemberRemoved
from rtserver.wire.errors import AppError
from signaling.ports import Worker
from signaling.service import CallService

CHAT = 7


class Open:
    """Doors at which nobody is refused."""

    async def may_start(self, account: int, chat: int) -> None: ...

    async def may_enter(self, account: int, chat: int) -> None:
        await asyncio.sleep(0)  # as a database does: everybody else comes this far meanwhile

    async def may_end(self, account: int, chat: int, started_by: int) -> None: ...

    async def leads(self, account: int, chat: int) -> bool:
        return False


class Slow:
    """The one worker of all calls; it answers when ``answer`` is set."""

    name = "one"
    load: c.Load | None = None

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.on_notice: Callable[[Worker, c.Notice], None] = lambda worker, notice: None
        self.on_gone: Callable[[Worker], None] = lambda worker: None

    def present(self) -> list[Worker]:
        return [self]

    async def order(self, order: c.AnyOrder) -> str:
        (self.left if isinstance(order, c.Leave) else self.asked).set()
        await self.answer.wait()
        return "v=0"


async def begin(most: int = 100) -> tuple[CallService, Slow, MemoryBus, str]:
    worker, bus = Slow(), MemoryBus()
    service = CallService(worker, Open(), bus, lambda: 0, most)
    await bus.start()
    service.start()
    made = await service.handlers()[w.CallStart](Actor(1, 1), w.CallStart(chat=str(CHAT), nonce="n"))
    assert isinstance(made, w.CallFound)
    assert made.call is not None
    return service, worker, bus, made.call.id


async def enter(service: CallService, call: str, account: int) -> str:
    try:
        await service.handlers()[w.CallJoin](Actor(account, account), w.CallJoin(call=call, participant=None))
    except AppError as refusal:
        return refusal.code
    return "in"


async def test_who_is_removed_while_the_worker_answers_is_not_let_in() -> None:
    """R-106: the removal was told before there was anybody to put out."""
    service, worker, bus, call = await begin()
    entering = asyncio.create_task(enter(service, call, 2))
    await worker.asked.wait()
    removed = MemberRemoved(chat=str(CHAT), seq=1, ts=0, actor="1", account="2")
    bus.publish([Hint(chat_stream(CHAT), 1, removed)])
    await asyncio.sleep(0)
    worker.answer.set()
    assert await entering == "not_member"
    assert service.participants == 0
    await worker.left.wait()
    await service.close()


@pytest.mark.parametrize("most", [1, 3])
async def test_those_who_are_entering_take_up_room(most: int) -> None:
    """E-10: a class that enters in one moment does not pass the bound."""
    service, worker, _, call = await begin(most)
    entering = [asyncio.create_task(enter(service, call, account)) for account in range(2, 8)]
    await worker.asked.wait()
    await asyncio.sleep(0)
    worker.answer.set()
    found = await asyncio.gather(*entering)
    assert found.count("in") == service.participants <= most
    assert set(found) == {"in", "call_full"}
    await service.close()
