"""Stock tus clients against the real server: npm tus-js-client 4.3 and tuspy."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tusclient.client import TusClient

from tests.e2e.conftest import School
from tests.e2e.node_client import FOLDER
from tests.e2e.server import Client, ServerProcess

MIB = 1 << 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """On one port over restarts: the addresses that clients store name it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = ServerProcess(tmp_path, RT_SERVER__PORT=str(port), RT_FILES__FREE_PERCENT="0")
    process.start()
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.bin"
    path.write_bytes(os.urandom(20 * MIB + 777))
    return path


async def run(server: ServerProcess, token: str, path: Path, **options: Any) -> dict[str, Any]:
    if not (FOLDER / "node_modules" / "tus-js-client").exists():
        pytest.skip("npm ci --prefix tests/e2e/node")
    process = await asyncio.create_subprocess_exec(
        "node", str(FOLDER / "tus.js"), f"{server.url}/uploads/", token, str(path), json.dumps(options),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    said: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert "error" not in said, said
    return said


async def same(server: ServerProcess, token: str, url: str, path: Path) -> None:
    """The finished file, fetched by its owner, is the source."""
    wanted = await asyncio.to_thread(lambda: hashlib.sha256(path.read_bytes()).digest())
    upload = url.rpartition("/")[2]
    client = Client(token)
    await client.connect(server.url)
    await until_finished(client, upload)
    await client.close()
    digest = hashlib.sha256()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.get(f"{server.url}/files/{upload}") as answer,
    ):
        assert answer.status == 200
        async for block in answer.content.iter_any():
            digest.update(block)
    assert digest.digest() == wanted


async def until_finished(client: Client, upload: str) -> None:
    """Heard already before this connection, or to come: the transfers tell which."""
    if any(one["id"] == upload for one in (await client.call("file.transfers"))["uploads"]):
        found = await client.wait(lambda e: e["kind"] == "file.finished" and e["upload"] == upload, 30)
        assert not found["error"]


@pytest.mark.parametrize(
    "options",
    [
        {"chunkSize": 8 * MIB},
        {"chunkSize": 3 * MIB, "pauseAfter": 7 * MIB},
        {"parallelUploads": 3},
        {"chunkSize": 4 * MIB, "uploadLengthDeferred": True},
        {"chunkSize": 8 * MIB, "overridePatchMethod": True},
        {"chunkSize": 5 * MIB, "uploadDataDuringCreation": True},
    ],
    ids=["chunks", "pause", "parallel", "deferred", "override", "creation"],
)
async def test_tus_js_client(server: ServerProcess, school: School, source: Path, options: dict[str, Any]) -> None:
    """E-9: every way that tus-js-client sends; the bytes are equal at the end."""
    token = school.tokens["masha"]
    said = await run(server, token, source, **options)
    assert said["done"]
    assert said["offsets"] == sorted(said["offsets"]) or "parallelUploads" in options
    await same(server, token, said["url"], source)


async def test_a_stored_address_goes_on_after_a_killed_server(
    server: ServerProcess, school: School, source: Path, tmp_path: Path
) -> None:
    """E-9, J5: the client ends, the server is killed, both come back: it goes on from what was acknowledged."""
    token = school.tokens["masha"]
    options = {"chunkSize": 2 * MIB, "storage": str(tmp_path / "stored.json")}
    first = await run(server, token, source, **options, stopAfter=9 * MIB)
    assert first["stopped"]
    assert first["offsets"]
    server.kill()
    server.start()
    second = await run(server, token, source, **options)
    assert second["done"]
    assert second["url"] == first["url"]
    assert second["offsets"][0] > first["offsets"][-1]
    await same(server, token, second["url"], source)


async def test_tuspy_with_checksums(server: ServerProcess, school: School, source: Path) -> None:
    """E-9: tuspy, each of its pieces with a SHA-1."""
    token = school.tokens["masha"]
    client = TusClient(f"{server.url}/uploads/", headers={"Authorization": f"Bearer {token}"})
    uploader = client.uploader(str(source), chunk_size=3 * MIB, upload_checksum=True, metadata={"filename": "x.bin"})
    await asyncio.to_thread(uploader.upload)
    await same(server, token, uploader.url, source)
