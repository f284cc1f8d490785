"""Builds what uploads and files are made of, and gives it its doors. Holds no rule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from rtserver.files.ports import Run
from rtserver.files.settings import FilesSettings
from rtserver.files.uploads import Uploads
from rtserver.routes.http import Doorkeeper, EdgeSettings
from rtserver.routes.socket_body import Body
from rtserver.routes.tus import Gate, add_tus
from storage.blobs.disk import Disk
from storage.db import Database


class FileParts:
    """Everything of files in one hub process."""

    def __init__(
        self, settings: FilesSettings, database: Database, run: Run, gate: Gate, clock: Callable[[], int]
    ) -> None:
        self._gate = gate
        self.disk = Disk(settings.folder)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="bytes")
        self.body = Body(self._pool, settings.stall_s, fast=settings.fast)
        self.uploads = Uploads(database, run, self.disk, self._pool, settings, clock, lambda: None)

    async def start(self) -> None:
        await asyncio.to_thread(self.disk.prepare)

    def add_doors(self, app: web.Application, doorkeeper: Doorkeeper, edge: EdgeSettings) -> None:
        add_tus(app, self.uploads, self.body, doorkeeper, self._gate, edge)

    async def close(self) -> None:
        """Uploads under way are made durable and answered; clients come back to the next process."""
        self.uploads.close()
        await self.uploads.idle()
        self._pool.shutdown(wait=True)
