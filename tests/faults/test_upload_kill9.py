"""Kill -9 in the middle of uploads: no acknowledged offset is ever taken back, and the file is equal at the end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import random
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.e2e.conftest import School
from tests.e2e.server import Client, ServerProcess

MIB = 1 << 20
ROUNDS = 30
PIECE = MIB


@pytest.mark.parametrize("checked", [True, False], ids=["checksums", "plain"])
async def test_kill_nine_takes_no_acknowledged_byte_back(server: ServerProcess, school: School, checked: bool) -> None:
    """E-9: 30 kills (10 without checksums), each at a random byte of a body or right after an answer."""
    rounds = ROUNDS if checked else ROUNDS // 3
    chance = random.Random(rounds)
    data = os.urandom(rounds * 2 * PIECE + 12_345)
    head = {"Authorization": f"Bearer {school.tokens['masha']}", "Tus-Resumable": "1.0.0"}
    address, acknowledged = "", 0

    async def body(piece: bytes, kill_at: int) -> AsyncIterator[bytes]:
        for at in range(0, len(piece), 65_536):
            if at <= kill_at < at + 65_536:
                await asyncio.to_thread(server.kill)
            yield piece[at : at + 65_536]

    for turn in range(rounds + 1):
        async with aiohttp.ClientSession(headers=head) as session:
            if not address:
                made = await session.post(f"{server.url}/uploads/", headers={"Upload-Length": str(len(data))})
                address = made.headers["Location"]
            looked = await session.head(server.url + address)
            assert looked.status == 200
            offset = int(looked.headers["Upload-Offset"])
            assert offset >= acknowledged
            if checked:
                assert offset == acknowledged, "bytes whose checksum was never confirmed are cut away"
            kill_at = chance.randrange(3 * PIECE) if turn < rounds else -1
            sent = 0
            with contextlib.suppress(aiohttp.ClientError):
                while offset < len(data):
                    piece = data[offset : offset + PIECE]
                    headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                    if checked:
                        digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
                        headers["Upload-Checksum"] = f"sha256 {digest}"
                    headers["Content-Length"] = str(len(piece))
                    at = kill_at - sent if kill_at >= 0 else -1
                    answer = await session.patch(server.url + address, data=body(piece, at), headers=headers)
                    assert answer.status == 204, await answer.text()
                    offset = acknowledged = int(answer.headers["Upload-Offset"])
                    sent += len(piece)
        if turn < rounds:
            if server.process is not None and server.process.poll() is None:
                await asyncio.to_thread(server.kill)  # between two requests: all came, none was under way
            await asyncio.to_thread(server.start)
    upload = address.rpartition("/")[2]
    client = Client(school.tokens["masha"])
    await client.connect(server.url)
    if any(one["id"] == upload for one in (await client.call("file.transfers"))["uploads"]):
        await client.wait(lambda e: e["kind"] == "file.finished" and e["upload"] == upload, 30)
    await client.close()
    async with aiohttp.ClientSession(headers=head) as session:
        got = await session.get(f"{server.url}/files/{upload}")
        assert hashlib.sha256(await got.read()).digest() == hashlib.sha256(data).digest()
