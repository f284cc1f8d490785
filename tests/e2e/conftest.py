"""A real server with a small school in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.server import Client, ServerProcess


@dataclass
class School:
    """Ids and session tokens by name."""

    ids: dict[str, str]
    tokens: dict[str, str]


PEOPLE = {"teacher": "teacher", "masha": "student", "kolya": "student"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path)
    process.start()
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


@pytest.fixture
def school(server: ServerProcess) -> School:
    ids, tokens = {}, {}
    for name, role in PEOPLE.items():
        ids[name] = server.command(
            "admin", "account", "add", name.title(), "Ким", "--school", "Школа", "--role", role, "--class", "7А"
        )
        tokens[name] = server.command("admin", "account", "token", ids[name])
    return School(ids, tokens)


@pytest_asyncio.fixture
async def clients(server: ServerProcess, school: School) -> AsyncIterator[dict[str, Client]]:
    """The teacher by msgpack, Masha by websocket, Kolya by polling that upgrades."""
    made = {
        "teacher": Client(school.tokens["teacher"], msgpack=True),
        "masha": Client(school.tokens["masha"]),
        "kolya": Client(school.tokens["kolya"], transports=["polling", "websocket"]),
    }
    for client in made.values():
        await client.connect(server.url)
    yield made
    for client in made.values():
        await client.close()
