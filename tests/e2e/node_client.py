"""A real npm socket.io-client in a process of its own, with the face of ``tests.e2e.server.Client``."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "node"


class NodeClient:
    def __init__(self, token: str, *, parser: str = "json", transports: str = "websocket") -> None:
        self.token, self.parser, self.transports = token, parser, transports
        self.events: list[dict[str, Any]] = []
        self.states: list[str] = []
        self.changed = asyncio.Event()
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)

    async def connect(self, url: str) -> None:
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(
            "node", str(FOLDER / "client.js"), url, self.token, self.parser, self.transports,
            stdin=pipe, stdout=pipe, limit=2**22,
        )  # fmt: skip
        self.reader = asyncio.create_task(self._read())
        await self.wait(lambda e: e["kind"] == "server.welcome")

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            if "event" in said:
                self.events.append(said["event"])
            elif "state" in said:
                self.states.append(said["state"])
            else:
                self._answers.pop(said["id"]).set_result(said["answer"])
            self.changed.set()

    async def call(self, command: str, **fields: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._answers[number] = answer = asyncio.get_running_loop().create_future()
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"id": number, "call": command, "fields": fields}).encode() + b"\n")
        return dict(await asyncio.wait_for(answer, 15))

    async def wait(self, wanted: Any, timeout_s: float = 15) -> dict[str, Any]:
        found = await self._until(lambda: next((e for e in self.events if wanted(e)), None), timeout_s)
        return dict(found)

    async def state(self, name: str, times: int = 1, timeout_s: float = 15) -> None:
        await self._until(lambda: self.states.count(name) >= times, timeout_s)

    async def _until(self, done: Any, timeout_s: float) -> Any:
        async with asyncio.timeout(timeout_s):
            while True:
                found = done()
                if found:
                    return found
                self.changed.clear()
                await self.changed.wait()

    async def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        await asyncio.wait_for(self.process.wait(), 10)
        await self.reader
