"""Schools and families as one object for the routes: reads on snapshots, changes in the writer's transaction.

It holds no rule: each function that it runs asks ``access`` and ``duties`` itself.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from storage.backup import data_folder
from storage.db import Database

from .avatars import encode_avatar
from .doors import SchoolDoors
from .gate import Gate
from .links import KEY_BYTES, LinkKey
from .places import Places
from .ports import Run, Transaction
from .retention import sweep
from .settings import SchoolSettings

T = TypeVar("T")
SWEEP_EVERY_S = 3_600.0
log = logging.getLogger(__name__)


def load_key(database: str) -> LinkKey:
    """The key of links from ``keys/links`` in the data folder, where back-ups keep it; its owner alone reads it.

    Made at the first start. Whoever has it can make links.
    """
    path = data_folder(database) / "keys" / "links"
    try:
        return LinkKey(path.read_bytes())
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(KEY_BYTES))
        try:
            path.hardlink_to(fresh)  # whole or not at all, and never over a key that another process just made
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return LinkKey(path.read_bytes())


class SchoolService:
    """Built by ``rtserver.app``; ``start`` and ``close`` once."""

    def __init__(
        self,
        database: Database,
        run: Run,
        gate: Gate,
        key: LinkKey,
        settings: SchoolSettings,
        clock: Callable[[], int],
    ) -> None:
        self.database = database
        self.gate = gate
        self.key = key
        self.settings = settings
        self.places = Places()
        self.doors = SchoolDoors(run, key, settings)
        self._run = run
        self._clock = clock
        self._encoding = asyncio.Semaphore(2)
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep_forever(), name="school-retention")

    async def close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)

    async def read(self, work: Callable[[Connection, int], T]) -> T:
        now = self._clock()
        return await self.database.read(lambda connection: work(connection, now))

    async def change(self, task: Callable[[Transaction], T]) -> T:
        return await self._run(task)

    async def encode_avatar(self, raw: bytes) -> bytes:
        """On a thread, two at a time: each may need 200 MB while it decodes."""
        own = self.settings
        async with self._encoding:
            return await asyncio.to_thread(encode_avatar, raw, own.avatar_side_px, own.avatar_bytes)

    async def sweep(self) -> int:
        """Retention until nothing is left to do (E-17); how many rows went."""
        total = 0
        while swept := sum(await self.change(lambda tx: sweep(tx, self.settings))):
            total += swept
        return total

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                gone = await self.sweep()
                if gone:
                    log.info("retention", extra={"rows": gone})
            except Exception:  # a database that is away now is swept at the next turn
                log.exception("retention failed")
