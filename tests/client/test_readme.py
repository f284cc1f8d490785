"""The examples of clients/python/README.md run as they stand."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from rtclient import Client

from tests.client.test_over_sockets import group, history, posts
from tests.e2e.conftest import School
from tests.e2e.server import ServerProcess

ROOT = Path(__file__).parents[2]


def examples() -> dict[str, Any]:
    """Everything that the README's Python blocks define."""
    text = (ROOT / "clients/python/README.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    return names


async def remember_the_present(url: str, token: str, store: Path) -> None:
    """A first run that ends at once: from here on the store knows what was seen."""
    client = Client(url, token, store=store)
    events = client.events()
    await client.connect()
    await anext(events)
    events.done()
    await client.close()


async def test_the_examples_work(server: ServerProcess, school: School, tmp_path: Path) -> None:
    """Issue 2, clients: announce, make a group, and a bot that is killed and answers each question once."""
    ours = examples()
    async with Client(server.url, school.tokens["kolya"]) as kolya:
        heard = kolya.events()
        chat = await ours["make_group"](kolya, "7А", [school.ids["masha"]])
        assert await ours["make_group"](kolya, "", [school.ids["masha"]]) is None
        await ours["announce"](server.url, school.tokens["masha"], "Завтра контрольная")
        assert [post.text for post in await posts(heard, 1)] == ["Завтра контрольная"]
        store = tmp_path / "bot.db"
        await remember_the_present(server.url, school.tokens["masha"], store)
        bot = asyncio.create_task(ours["answer"](server.url, school.tokens["masha"], store))
        await kolya.post(chat, "Какой параграф?")
        assert [post.text for post in await posts(heard, 2)] == ["Какой параграф?", "Узнаю!"]
        bot.cancel()
        await asyncio.gather(bot, return_exceptions=True)
        await kolya.post(chat, "А какая страница?")
        bot = asyncio.create_task(ours["answer"](server.url, school.tokens["masha"], store))
        assert [post.text for post in await posts(heard, 2)] == ["А какая страница?", "Узнаю!"]
        await kolya.post(chat, "Спасибо")
        bot.cancel()
        await asyncio.gather(bot, return_exceptions=True)
        said = [message.text for message in await history(kolya, chat)]
        assert said.count("Узнаю!") == 2


def test_the_shell_sends_and_tails(server: ServerProcess, school: School) -> None:
    """Issue 2, clients: `rtclient send` and `tail`, the token from the environment."""

    async def prepare() -> str:
        async with Client(server.url, school.tokens["kolya"]) as kolya:
            return await group(kolya, school.ids["masha"])

    chat = asyncio.run(prepare())
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/python'}",
        "PYTHONIOENCODING": "utf-8",
        "RTCLIENT_URL": server.url,
        "RTCLIENT_TOKEN": school.tokens["masha"],
    }

    def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rtclient", *arguments]
        return subprocess.run(
            command, env={**environment, **more}, capture_output=True, text=True, timeout=60, check=False
        )

    sent = run("send", chat, "Привет 👋 из оболочки")
    assert (sent.returncode, sent.stdout.strip().isdigit()) == (0, True), sent.stderr
    refused = run("send", "123", "никому")
    assert (refused.returncode, "chat_unknown" in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)
    store = server.home / "tail.db"
    asyncio.run(remember_the_present(server.url, school.tokens["masha"], store))
    for text in ("раз", "два"):  # said while nobody looked; told in two runs, each once
        run("send", chat, text)
    shown = [run("tail", chat, "--store", str(store), "--count", "1").stdout for _ in range(2)]
    assert [("раз" in one, "два" in one) for one in shown] == [(True, False), (False, True)]
    assert all("7А" in one for one in shown)
    stranger = run("tail", RTCLIENT_TOKEN="x" * 43)
    assert (stranger.returncode, stranger.stderr.strip()) == (1, "unauthorized")
