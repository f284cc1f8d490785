"""Takes codes from the durable queue ``outgoing`` to their senders: nothing is lost on a restart. Makes no code.

A row is leased before it is sent, so that two processes do not both send it; a lease that runs out (a killed process)
is taken up again. Retries wait longer each time; after the last the code says ``failed`` and may be asked for anew at
once. What was sent loses its secret in the same transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select, update

from storage import auth_tables as a
from storage.db import Database

from .codes import digest_code
from .senders.base import Delivery, DeliveryError, Message, Sender
from .tidying import EVERY_MS, tidy

log = logging.getLogger(__name__)
LEASE_MS = 30_000
"""Longer than any sender's own time-out."""
BACKOFF_MS = (2_000, 8_000, 30_000)
"""Waits before the second, third and fourth try; then it has failed: the person is waiting at the screen."""
AT_ONCE = 16
"""Messages on their way at the same time."""
IDLE_S = 5.0
"""How often the queue is read without being woken: retries, and rows of another process that died."""


class Courier:
    """Owns the task; ``wake`` after a commit that queued something."""

    def __init__(self, database: Database, clock: Callable[[], int], senders: Mapping[str, Sender], key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders
        self._key = key
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._tidied_ms = 0
        self.sent = 0
        self.failed = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name="courier")

    def wake(self) -> None:
        self._woken.set()

    async def close(self) -> None:
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for sender in set(self._senders.values()):
            await sender.close()

    async def _work(self) -> None:
        while not self._closing:
            self._woken.clear()
            try:
                await self._tidy()
                rows = await self._lease()
                await asyncio.gather(*(self._deliver(row) for row in rows))
            except Exception:
                log.exception("the queue of codes could not be read")
                rows = []
            if len(rows) < AT_ONCE:
                # not wait_for: Python 3.11's loses a cancellation that comes together with the event
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_S):
                        await self._woken.wait()

    async def _tidy(self) -> None:
        now = self._clock()
        if now - self._tidied_ms >= EVERY_MS:
            self._tidied_ms = now
            await self._database.write(lambda connection: tidy(connection, now))

    async def _lease(self) -> list[Row[Any]]:
        o = a.outgoing.c

        def due(connection: Connection, now: int) -> list[Row[Any]]:
            query = select(a.outgoing).where(o.status == "waiting", o.due_ms <= now, o.expires_ms > now)
            return list(connection.execute(query.order_by(o.due_ms).limit(AT_ONCE)))

        now = self._clock()
        old = update(a.outgoing).where(o.expires_ms <= now, o.secret != "").values(secret="")
        stale = await self._database.read(
            lambda c: c.execute(select(o.id).where(o.expires_ms <= now, o.secret != "").limit(1)).first()
        )
        if stale is not None:
            await self._database.write(lambda c: c.execute(old).rowcount)
        if not await self._database.read(lambda c: due(c, now)):
            return []  # the usual case costs no write

        def lease(connection: Connection) -> list[Row[Any]]:
            taken = []
            for row in due(connection, now):
                mine = update(a.outgoing).where(o.id == row.id, o.due_ms == row.due_ms).values(due_ms=now + LEASE_MS)
                if connection.execute(mine).rowcount:
                    taken.append(row)
            return taken

        return await self._database.write(lease)

    async def _deliver(self, row: Row[Any]) -> None:
        sender = self._senders.get(row.channel)
        try:
            if sender is None:
                raise DeliveryError("no sender for the channel", lasting=True)
            delivery = await sender.send(Message(row.channel, row.address, row.language, row.secret))
        except DeliveryError as error:
            await self._put_off(row, error)
        except Exception:
            log.exception("a sender failed", extra={"channel": row.channel})
            await self._put_off(row, DeliveryError("sender failed"))
        else:
            await self._settle(row, delivery)

    async def _settle(self, row: Row[Any], delivery: Delivery) -> None:
        def done(connection: Connection) -> None:
            values = {"status": "sent"} if delivery.keep else {"status": "sent", "secret": ""}
            connection.execute(update(a.outgoing).where(a.outgoing.c.id == row.id).values(**values))
            if delivery.secret:
                digest = digest_code(self._key, row.code_id, delivery.secret)
                connection.execute(update(a.code).where(a.code.c.id == row.code_id).values(digest=digest))

        await self._database.write(done)
        self.sent += 1

    async def _put_off(self, row: Row[Any], error: DeliveryError) -> None:
        now = self._clock()
        last = error.lasting or row.tries >= len(BACKOFF_MS)
        log.warning("a code was not sent", extra={"channel": row.channel, "reason": str(error), "tries": row.tries + 1})

        def put_off(connection: Connection) -> None:
            o = a.outgoing.c
            values: dict[str, Any] = {"tries": row.tries + 1}
            if last:
                values |= {"status": "failed", "secret": ""}
                connection.execute(update(a.code).where(a.code.c.id == row.code_id).values(failed_ms=now))
            else:
                values["due_ms"] = now + BACKOFF_MS[row.tries]
            connection.execute(update(a.outgoing).where(o.id == row.id).values(**values))

        await self._database.write(put_off)
        self.failed += last
