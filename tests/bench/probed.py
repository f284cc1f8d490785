"""The server as it ships with one task beside it that measures how late the event loop wakes it.

``python -m tests.bench.probed serve …``; SIGUSR1 begins a measurement anew, SIGUSR2 prints its percentiles in ms.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time

from rtserver import app
from rtserver.__main__ import main

PERIOD_S = 0.002


async def probe(late_ms: list[float]) -> None:
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(PERIOD_S)
        late_ms.append((time.perf_counter() - begun - PERIOD_S) * 1000)


def told(late_ms: list[float]) -> None:
    ordered = sorted(late_ms) or [0.0]
    found = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] for name, part in (("p50", 0.5), ("p99", 0.99))
    }
    print(json.dumps({**found, "max": ordered[-1], "count": len(late_ms)}), flush=True)


start = app.Server.start


async def started(self: app.Server) -> None:
    await start(self)
    late_ms: list[float] = []
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, late_ms.clear)
    loop.add_signal_handler(signal.SIGUSR2, lambda: told(late_ms))
    self.probe = asyncio.create_task(probe(late_ms))  # type: ignore[attr-defined] # held for the life of the process


if __name__ == "__main__":
    app.Server.start = started  # type: ignore[method-assign] # the benchmark's own process
    sys.exit(main())
