"""Kill -9 under eight rtclients that know nothing of it: each sends its list, each ends up with everything once."""

from __future__ import annotations

import asyncio
import random

from rtclient import Client, Options, new_nonce
from rtclient.backoff import Backoff

from rtserver.wire import chat as w
from tests.client.test_over_sockets import history, posts
from tests.e2e.conftest import School
from tests.e2e.server import ServerProcess

ROUNDS = 8
SENDERS = 8
QUICK = Options(backoff=Backoff(first_s=0.05, most_s=0.3))


async def test_eight_clients_survive_every_kill(server: ServerProcess, school: School) -> None:
    """E-1, E-2: nothing lost or doubled through 8 kills; every client is told the same events in the same order."""
    server.environment["RT_SERVER__PORT"] = str(server.port)
    chance = random.Random(8)
    clients = [Client(server.url, school.tokens[name], options=QUICK) for name in ["masha", "kolya"] * (SENDERS // 2)]
    readers = [client.events() for client in clients]
    stop, progress = asyncio.Event(), asyncio.Event()
    sent: list[list[str]] = [[] for _ in clients]
    try:
        for client in clients:
            await client.connect(timeout_s=20)
        made = await clients[0].call(
            w.ChatCreate(kind="group", title="Г", nonce=new_nonce(), members=[school.ids["kolya"]])
        )

        async def write(index: int) -> None:
            while not stop.is_set():
                text = f"{index}:{len(sent[index])}"
                await clients[index].post(made.chat, text)
                sent[index].append(text)
                progress.set()

        writers = [asyncio.create_task(write(index)) for index in range(SENDERS)]
        for _ in range(ROUNDS):
            before = [len(texts) for texts in sent]
            async with asyncio.timeout(30):
                while any(len(texts) == was for texts, was in zip(sent, before, strict=True)):
                    progress.clear()  # until everybody is at work again
                    await progress.wait()
            await asyncio.sleep(chance.uniform(0, 0.2))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*writers)
        total = sum(map(len, sent))
        heard = await asyncio.gather(*(posts(reader, total, timeout_s=60) for reader in readers))
        orders = [[event.text for event in one] for one in heard]
        assert all(order == orders[0] for order in orders)
        assert sorted(orders[0]) == sorted(text for texts in sent for text in texts)
        for index, texts in enumerate(sent):
            assert [text for text in orders[0] if text.startswith(f"{index}:")] == texts
        assert [m.text for m in await history(clients[0], made.chat)] == orders[0]
        assert all(client.connections > ROUNDS for client in clients)
    finally:
        stop.set()
        for client in clients:
            await client.close()
    assert "events" in server.command("verify")
