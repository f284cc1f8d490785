"""A real server with a small school in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from rtserver.__main__ import cli
from tests.e2e.browser import Person, chromium
from tests.e2e.server import Client, ServerProcess

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """The web client, before any server starts; nothing to do when the build is current."""
    subprocess.run([sys.executable, ROOT / "clients" / "web" / "build.py"], check=True, capture_output=True)


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
        ids[name] = command(server, "add", name.title(), "Ким", "--school", "Школа", "--role", role, "--class", "7А")
        tokens[name] = command(server, "token", ids[name])
    return School(ids, tokens)


def command(server: ServerProcess, *arguments: str) -> str:
    """``rtserver admin account`` in this process: six starts of Python were most of a test's time."""
    result = CliRunner().invoke(cli, ["admin", "account", *arguments], env=server.environment)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


@pytest_asyncio.fixture
async def teacher(server: ServerProcess, school: School) -> AsyncIterator[Client]:
    client = Client(school.tokens["teacher"])
    await client.connect(server.url)
    yield client
    await client.close()


@pytest_asyncio.fixture
async def chat(teacher: Client, school: School) -> str:
    """A group of all three."""
    members = [school.ids["masha"], school.ids["kolya"]]
    made = await teacher.call("chat.create", kind="group", nonce="group-1-nonce", members=members, title="Кружок")
    assert made["ok"], made
    return str(made["chat"])


@pytest_asyncio.fixture
async def people(server: ServerProcess, school: School) -> AsyncIterator[tuple[Person, Person]]:
    """Masha and Kolya, each with a browser."""
    async with chromium() as browser:
        pair = (
            await Person.enter(browser, server.url, school.tokens["masha"]),
            await Person.enter(browser, server.url, school.tokens["kolya"]),
        )
        yield pair
        for person in pair:
            assert person.complaints == []


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
