"""A real server process on ports of the system's choice, and clients that keep what they heard."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import socketio


class ServerProcess:
    """``python -m rtserver serve`` over one data folder; started, killed and started again."""

    arguments: tuple[str, ...] = ("serve",)

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.environment = {
            **os.environ,
            "RT_STORAGE__DATABASE": f"sqlite:///{home}/rt.db",
            "RT_SERVER__PORT": "0",
            "RT_SERVER__OPERATOR_PORT": "0",
            "RT_MEDIA__WORKERS": "0",  # tests of calls ask for one
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self.process: subprocess.Popen[str] | None = None
        self.printed: list[str] = []
        self.port = 0
        self.operator_port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        log = (self.home / "log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rtserver", *self.arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert self.process.stdout is not None
        self.printed = []
        for line in self.process.stdout:
            self.printed.append(line)
            found = re.search(r"listening on http://[^:]+:(\d+), operator on port (\d+)", line)
            if found:
                self.port, self.operator_port = int(found[1]), int(found[2])
                return
        raise AssertionError((self.home / "log").read_text())

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.operator_port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; seconds until the process was gone."""
        assert self.process is not None
        started = time.monotonic()
        self.process.terminate()
        assert self.process.wait(timeout=20) == 0, (self.home / "log").read_text()
        return time.monotonic() - started

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "rtserver", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class Client:
    """A stock python-socketio client that remembers every event in order."""

    def __init__(self, token: str, *, msgpack: bool = False, transports: list[str] | None = None) -> None:
        self.token = token
        self.path = "socket.io-msgpack" if msgpack else "socket.io"
        self.transports = transports or ["websocket"]
        self.io = socketio.AsyncClient(reconnection=False, serializer="msgpack" if msgpack else "default")
        self.events: list[dict[str, Any]] = []
        self.changed = asyncio.Event()
        self.io.on("*", self._heard)

    async def _heard(self, _name: str, payload: dict[str, Any]) -> None:
        self.events.append(payload)
        self.changed.set()

    async def connect(self, url: str) -> None:
        await self.io.connect(
            url, auth={"token": self.token}, socketio_path=self.path, transports=self.transports, wait_timeout=10
        )
        await self.wait(lambda e: e["kind"] == "server.welcome")

    async def call(self, command: str, **fields: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self.io.call(command, fields, timeout=10)
        return answer

    async def wait(self, wanted: Any, timeout_s: float = 10) -> dict[str, Any]:
        """The first event that is wanted, heard already or to come."""
        async with asyncio.timeout(timeout_s):
            while True:
                for event in self.events:
                    if wanted(event):
                        return event
                self.changed.clear()
                await self.changed.wait()

    async def close(self) -> None:
        await self.io.disconnect()
