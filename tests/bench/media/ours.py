"""The media worker as it ships, as a process on a core of its own, driven as signaling drives it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
from rtclient.headless.participant import Listener

from media import control as c
from media.estimator import Limits
from media.sfu import SfuSettings
from media.worker import WorkerSettings
from rtserver.app_calls import WORKER_VARIABLE
from signaling.link import WorkerLinks
from signaling.ports import Worker
from tests.bench.media.crowd import CERTIFICATE, Source

SERVER_CORE = 0
LINE_BPS = 60_000_000
"""The estimate that receivers begin with: the benchmark measures forwarding, not a climb."""


class Ours:
    """A running worker and what it said last."""

    def __init__(self, worker: Worker, process: psutil.Process) -> None:
        self.worker, self.process = worker, process
        self.load: c.Load | None = None

    def cpu_s(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system

    async def order(self, kind: type[c.Order], call: str, **fields: Any) -> str:
        order: Any = kind(call=call, generation=1, **fields)
        return await self.worker.order(order)

    async def receiver(self, call: str, name: str, *, stamps: bool = False) -> Listener:
        listener = Listener(CERTIFICATE, stamps=stamps)
        offer = await self.order(c.Join, call, participant=name)
        await self.order(c.Answer, call, participant=name, sdp=listener.answer(offer))
        return listener

    async def publisher(self, call: str, name: str, layers: tuple[str, ...], *, stamps: bool = False) -> Source:
        source = Source(layers, stamps=stamps)
        heights = {"1": [180, 360, 720][: len(layers)]}
        said = await self.order(c.Publish, call, participant=name, sdp=source.offer(), names={}, heights=heights)
        source.answered(said)
        return source

    async def show(self, call: str, name: str, *slots: tuple[str, str, int, int]) -> None:
        await self.order(c.ShowSlots, call, participant=name, slots=[c.Shown(*slot) for slot in slots])


@asynccontextmanager
async def our_worker() -> AsyncIterator[Ours]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        links = WorkerLinks(f"unix:{Path(folder) / 'media'}", b"benchmark")
        await links.start()
        sfu = SfuSettings(participants_per_call=200, participants_most=1_000, rate=Limits(LINE_BPS, most_bps=LINE_BPS))
        settings = WorkerSettings(f"unix:{Path(folder) / 'media'}", b"benchmark", "bench", 0, ("127.0.0.1",), sfu=sfu)
        process = subprocess.Popen(  # noqa: ASYNC220 - it starts once, before anything is measured
            ["taskset", "-c", str(SERVER_CORE), sys.executable, "-m", "rtserver", "media"],
            env={**os.environ, WORKER_VARIABLE: msgspec.json.encode(settings).decode(), "RT_LOG__LEVEL": "warning"},
        )
        try:
            async with asyncio.timeout(30):
                while True:
                    if links.present():
                        break
                    await asyncio.sleep(0.05)
            yield Ours(links.present()[0], psutil.Process(process.pid))
        finally:
            await links.close()
            process.terminate()
            process.wait()
