"""Builds what calls need: the doors, the channel to media workers, the workers that are children. Holds no rule."""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from rtserver.bus.base import Bus
from rtserver.chat.calling import CallDoors
from rtserver.config import Settings
from rtserver.routes.operator import Metrics
from rtserver.supervisor import ChildSpec
from signaling.link import WorkerLinks
from signaling.service import CallService
from storage.db import Database

WORKER_VARIABLE = "RT_MEDIA_WORKER"
"""Settings of a child as JSON; its key is in no file and on no command line."""


class CallParts:
    """``children`` are the workers that the supervisor keeps running."""

    def __init__(self, settings: Settings, database: Database, bus: Bus, clock: Callable[[], int]) -> None:
        media = settings.media
        self.children: list[ChildSpec] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        links: WorkerLinks | None = None
        if media.workers:
            self._folder = tempfile.TemporaryDirectory(prefix="rtserver-")
            control = f"unix:{Path(self._folder.name) / 'media'}"
            key = secrets.token_bytes(32)
            links = WorkerLinks(control, key)
            for number in range(media.workers):
                port = media.port + number if media.port else 0
                worker = media.worker(control, key, f"media-{number}", port, settings.server.host)
                environment = {WORKER_VARIABLE: msgspec.json.encode(worker).decode()}
                command = [sys.executable, "-m", "rtserver", "media"]
                self.children.append(ChildSpec(f"media-{number}", command, environment))
        elif media.control:
            links = WorkerLinks(media.control, media.key.encode())
        self.links = links
        self.service = CallService(links, CallDoors(database), bus, clock, media.participants_per_call)

    async def start(self) -> None:
        if self.links is not None:
            await self.links.start()
        self.service.start()

    async def close(self) -> None:
        await self.service.close()
        if self.links is not None:
            await self.links.close()
        if self._folder is not None:
            self._folder.cleanup()

    def watch(self, metrics: Metrics) -> None:
        def total(name: str) -> Callable[[], float]:
            def read() -> float:
                present = self.links.present() if self.links is not None else []
                return sum(float(getattr(worker.load, name)) for worker in present if worker.load is not None)

            return read

        metrics.watch("rt_calls", "Calls that run", lambda: len(self.service.calls))
        metrics.watch("rt_call_participants", "Devices in calls", lambda: self.service.participants)
        metrics.watch("rt_media_workers", "Media workers that are connected", lambda: len(self._present()))
        metrics.watch("rt_media_cpu", "Cores that media workers use", total("cpu"))
        metrics.watch("rt_media_packets_in", "Media packets of present participants received", total("packets_in"))
        metrics.watch("rt_media_packets_out", "Media packets sent to present participants", total("packets_out"))
        metrics.watch("rt_media_dropped", "Datagrams that the system did not take", total("dropped"))
        metrics.watch("rt_media_lag_ms", "Longest delay of a worker's beat in the last second", total("lag_ms"))

    def _present(self) -> list[object]:
        return list(self.links.present()) if self.links is not None else []
