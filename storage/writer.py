"""Group commit: many jobs, one transaction, one fsync. Knows nothing of what a job means.

Jobs that wait are drained in batches of at most ``batch_max`` while the previous batch commits. When a batch raises,
its jobs run again one by one, so that a bad job fails alone. Order of things: commit, then publish, then resolve.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection

from rtserver.wire.errors import AppError

from .db import Database

Job = TypeVar("Job")
Told = TypeVar("Told")

log = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What one job came to: a result, or the refusal of a rule."""

    result: Any
    refusal: AppError | None = None


class Writer(Generic[Job, Told]):
    """The one way to change a log. ``run_batch`` decides and writes inside the transaction it is given."""

    def __init__(
        self,
        database: Database,
        run_batch: Callable[[Connection, Sequence[Job]], tuple[Sequence[Outcome], Sequence[Told]]],
        publish: Callable[[Sequence[Told]], None],
        *,
        batch_max: int = 512,
        queue_max: int = 16_384,
    ) -> None:
        self._database = database
        self._run_batch = run_batch
        self._publish = publish
        self._batch_max = batch_max
        self._queue_max = queue_max
        self._waiting: deque[tuple[Job, asyncio.Future[Any]]] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="writer")

    async def submit(self, job: Job) -> Any:
        """The job's result once it is durable. Raises the rule's ``AppError``, or ``unavailable`` when full."""
        if self._closing or len(self._waiting) >= self._queue_max:
            raise AppError("unavailable", seconds=1)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, future))
        self._wake.set()
        return await future

    @property
    def queued(self) -> int:
        return len(self._waiting)

    async def close(self) -> None:
        """Commit what is queued, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            count = min(self._batch_max, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            await self._commit(batch)

    async def _commit(self, batch: list[tuple[Job, asyncio.Future[Any]]]) -> None:
        jobs = [job for job, _ in batch]
        try:
            outcomes, told = await self._database.write(lambda connection: self._run_batch(connection, jobs))
        except Exception as error:  # the writer's edge: one bad job must not take its batch along
            if len(batch) > 1:
                log.warning("batch of %d failed (%s): jobs run singly", len(batch), type(error).__name__)
                for one in batch:
                    await self._commit([one])
            elif not batch[0][1].cancelled():
                batch[0][1].set_exception(error)
            return
        if told:
            self._publish(told)
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue  # the asker went away; the commit stands
            if outcome.refusal is not None:
                future.set_exception(outcome.refusal)
            else:
                future.set_result(outcome.result)
