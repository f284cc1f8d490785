"""rtclient's transfers over a line that is cut again and again, against the real server."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rtclient import Refused, Transfers
from rtclient.backoff import Backoff
from rtclient.parts import FILE_BYTES_MAX, PARALLEL_FROM_BYTES, PIECE_BYTES, parts_of

from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess

MIB = 1 << 20
QUICK = Backoff(0.05, 0.2)


def test_parts_cover_a_file_once() -> None:
    """E-9: one stream of pieces, from 256 MiB on three parts on the grid of cells."""
    for size in (0, 1, PARALLEL_FROM_BYTES - 1, PARALLEL_FROM_BYTES, PARALLEL_FROM_BYTES + 1, FILE_BYTES_MAX):
        parts = parts_of(size)
        assert sum(part.length for part in parts) == size
        at = 0
        for part in parts:
            assert (part.first, part.first % PIECE_BYTES) == (at, 0)
            at += part.length
        assert len(parts) == (1 if size < PARALLEL_FROM_BYTES else 3)


@asynccontextmanager
async def cut_line(port: int, most_bytes: int) -> AsyncIterator[str]:
    """A relay that cuts every connection after so many bytes in either direction."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
        left = most_bytes

        async def pump(source: asyncio.StreamReader, goal: asyncio.StreamWriter) -> None:
            nonlocal left
            while block := await source.read(65_536):
                left -= len(block)
                if left < 0:
                    break
                goal.write(block)
                await goal.drain()
            for end in (writer, to_writer):
                end.transport.abort()

        await asyncio.gather(pump(reader, to_writer), pump(to_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def finished(server: ServerProcess, token: str, upload: str) -> None:
    client = Client(token)
    await client.connect(server.url)
    if any(one["id"] == upload for one in (await client.call("file.transfers"))["uploads"]):
        await client.wait(lambda e: e["kind"] == "file.finished" and e["upload"] == upload, 30)
    await client.close()


async def test_a_file_gets_through_a_line_that_breaks(server: ServerProcess, school: School, tmp_path: Path) -> None:
    """J5, E-9: a cut every 5 MiB both ways; the bytes are equal, progress never runs backward."""
    token = school.tokens["masha"]
    source, goal = tmp_path / "source.bin", tmp_path / "goal.bin"
    data = os.urandom(20 * MIB + 99)
    await asyncio.to_thread(source.write_bytes, data)
    seen: list[int] = []
    async with (
        cut_line(server.port, 5 * MIB) as url,
        Transfers(url, token, backoff=QUICK, chance=random.Random(5)) as transfers,
    ):
        upload = await transfers.upload(source, progress=lambda done, _: seen.append(done))
        await finished(server, token, upload)
        await transfers.download(upload, goal)
    assert seen == sorted(seen)
    assert seen[-1] == len(data)
    assert await asyncio.to_thread(goal.read_bytes) == data


async def test_a_stopped_program_goes_on_later(server: ServerProcess, school: School, tmp_path: Path) -> None:
    """E-9: its addresses stand in the store; a killed server comes back between."""
    token, store = school.tokens["masha"], tmp_path / "store.json"
    source = tmp_path / "source.bin"
    await asyncio.to_thread(source.write_bytes, os.urandom(24 * MIB))
    stopped = asyncio.Event()

    def first(done: int, _: int) -> None:
        if done >= 8 * MIB:
            stopped.set()

    async with Transfers(server.url, token, store=store, backoff=QUICK) as transfers:
        task = asyncio.create_task(transfers.upload(source, progress=first))
        await stopped.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    server.kill()
    server.start()
    seen: list[int] = []
    async with Transfers(server.url, token, store=store, backoff=QUICK) as transfers:
        await transfers.upload(source, progress=lambda done, _: seen.append(done))
    assert seen[0] >= 8 * MIB
    assert store.read_text() == "{}"


async def test_refusals_come_as_codes(server: ServerProcess, school: School, tmp_path: Path) -> None:
    """R-90, E-15: too big before a byte is read; a file of nobody."""
    huge = tmp_path / "huge.bin"
    with huge.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    async with Transfers(server.url, school.tokens["masha"], backoff=QUICK) as transfers:
        with pytest.raises(Refused, match="file_too_big"):
            await transfers.upload(huge)
        with pytest.raises(Refused, match="file_unknown"):
            await transfers.download("1", tmp_path / "goal")
