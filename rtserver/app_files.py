"""Builds what uploads and files are made of, and gives it its doors. Holds no rule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from rtserver.actor import Handler
from rtserver.files.examine import Examiner
from rtserver.files.own import OwnFiles
from rtserver.files.ports import Run
from rtserver.files.settings import FilesSettings
from rtserver.files.tidy import Tidier
from rtserver.files.uploads import Uploads
from rtserver.routes.downloads import Downloads, add_downloads
from rtserver.routes.http import Doorkeeper, EdgeSettings
from rtserver.routes.socket_body import Body
from rtserver.routes.socket_file import Sender
from rtserver.routes.tus import Gate, add_tus
from rtserver.wire.chat import Command
from storage.blobs.disk import Disk
from storage.db import Database
from storage.locks import Locks


class FileParts:
    """Everything of files in one hub process."""

    def __init__(
        self, settings: FilesSettings, database: Database, run: Run, gate: Gate, clock: Callable[[], int]
    ) -> None:
        self._gate = gate
        self.disk = Disk(settings.folder)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="bytes")
        self.body = Body(self._pool, settings.stall_s, fast=settings.fast)
        locks = Locks(settings.takeover_s)
        self.examiner = Examiner(database, run, self.disk, locks, settings)
        self.tidier = Tidier(database, run, self.disk, settings, clock)
        self.uploads = Uploads(database, run, self.disk, self._pool, settings, clock, self.examiner.wake, locks)
        self._own = OwnFiles(database, run, self.disk, settings)
        sender = Sender(self._pool, settings.stall_s)
        self._downloads = Downloads(database, self.disk, sender, settings.accel_prefix)

    def handlers(self) -> dict[type[Command], Handler]:
        """The commands of one's own files."""
        return self._own.handlers()

    async def start(self) -> None:
        await asyncio.to_thread(self.disk.prepare)
        self.examiner.start()
        self.tidier.start()

    def add_doors(self, app: web.Application, doorkeeper: Doorkeeper, edge: EdgeSettings) -> None:
        add_tus(app, self.uploads, self.body, doorkeeper, self._gate, edge)
        add_downloads(app, self._downloads, doorkeeper, self._gate, edge)

    async def close(self) -> None:
        """Uploads under way are made durable and answered; clients come back to the next process."""
        self.uploads.close()
        await self.uploads.idle()
        await self.examiner.close()
        await self.tidier.close()
        self._pool.shutdown(wait=True)
