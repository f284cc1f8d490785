"""What every bus promises (``bus/base.py``). A further implementation is one more parameter of ``buses``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import pytest
import pytest_asyncio

from rtserver.bus.base import Bus, Hint, account_stream, chat_stream
from rtserver.bus.memory import MemoryBus
from rtserver.wire.sync import Goodbye


@dataclass
class Buses:
    """``publisher`` and ``other`` are two ends of the same bus: one object in one process, two over a network."""

    publisher: Bus
    other: Bus


def _memory() -> Buses:
    bus = MemoryBus()
    return Buses(bus, bus)


MAKERS: dict[str, Callable[[], Buses]] = {"memory": _memory}


@pytest_asyncio.fixture(params=MAKERS)
async def buses(request: pytest.FixtureRequest) -> AsyncIterator[Buses]:
    made = MAKERS[request.param]()
    ends = {id(bus): bus for bus in (made.publisher, made.other)}.values()
    for bus in ends:
        await bus.start()
    yield made
    for bus in ends:
        await bus.close()


def hint(seq: int, stream: str = "chat:1") -> Hint:
    return Hint(stream, seq, Goodbye(reason=str(seq), reconnect=True, after_ms=0))


async def heard(into: list[Hint], count: int) -> list[Hint]:
    async with asyncio.timeout(5):
        while len(into) < count:  # noqa: ASYNC110 - a bus over a network has no event of ours
            await asyncio.sleep(0.01)
    return into


async def test_every_receiver_hears_in_the_publishers_order(buses: Buses) -> None:
    one: list[Hint] = []
    other: list[Hint] = []
    buses.publisher.subscribe(one.extend)
    buses.other.subscribe(other.extend)
    for start in (1, 4):
        buses.publisher.publish([hint(seq) for seq in range(start, start + 3)])
    for received in (await heard(one, 6), await heard(other, 6)):
        assert [h.seq for h in received] == [1, 2, 3, 4, 5, 6]
        assert received[0] == hint(1), "stream, seq and event arrive as they were"


async def test_a_receiver_that_left_hears_no_more(buses: Buses) -> None:
    gone: list[Hint] = []
    stays: list[Hint] = []
    leave = buses.other.subscribe(gone.extend)
    buses.other.subscribe(stays.extend)
    buses.publisher.publish([hint(1)])
    await heard(gone, 1)
    leave()
    leave()  # harmless
    buses.publisher.publish([hint(2)])
    await heard(stays, 2)
    assert [h.seq for h in gone] == [1]


async def test_a_failing_receiver_costs_the_others_nothing(buses: Buses) -> None:
    """``publish`` never raises: the publisher has committed already."""

    def fails(_hints: Sequence[Hint]) -> None:
        raise RuntimeError

    received: list[Hint] = []
    buses.other.subscribe(fails)
    buses.other.subscribe(received.extend)
    buses.publisher.publish([hint(1)])
    buses.publisher.publish([])
    buses.publisher.publish([hint(2)])
    assert [h.seq for h in await heard(received, 2)] == [1, 2]


async def test_nobody_needs_to_listen(buses: Buses) -> None:
    buses.publisher.publish([hint(1)])
    late: list[Hint] = []
    buses.other.subscribe(late.extend)
    buses.publisher.publish([hint(2)])
    assert [h.seq for h in await heard(late, 1)] == [2], "a bus stores nothing"


def test_streams_have_one_name() -> None:
    assert (chat_stream(7), account_stream(7)) == ("chat:7", "account:7")
