"""Uploads: made, continued, asked about, ended. Rules stand in ``storage.tus``, bytes in ``storage.blobs``.

Every door asks the owner: to anybody else an upload does not exist. Truth is the file's size; a row changes when an
upload begins and when it ends, never for a request in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Row

from rtserver.wire.errors import AppError
from rtserver.wire.files import FileFinished
from storage import uploads as rows
from storage.blobs.disk import Busy, Disk, Incoming, Lost
from storage.blobs.sink import FULL, Sink
from storage.db import Database
from storage.ids import new_id, parse_id, wire_id
from storage.locks import Hold, Locks
from storage.tus import Creation, Limits, Patch, State, check_final

from .names import clean_name
from .ports import Run, Transaction
from .settings import DAY_MS, FilesSettings

log = logging.getLogger(__name__)
T = TypeVar("T")
Receive = Callable[[Sink, int | None, Hold], Awaitable[bool]]
"""Moves a request's body into the sink; True when all of it came."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an upload stands, as a HEAD tells it."""

    id: int
    offset: int
    length: int | None
    expires_ms: int
    kind: str
    parts: str
    raw_metadata: str
    finished: bool


class Uploads:
    """``finished`` is called when an upload has all its bytes: somebody examines it then."""

    def __init__(
        self,
        database: Database,
        run: Run,
        disk: Disk,
        pool: ThreadPoolExecutor,
        settings: FilesSettings,
        clock: Callable[[], int],
        finished: Callable[[], None],
        locks: Locks,
    ) -> None:
        self._database = database
        self._run = run
        self._disk = disk
        self._pool = pool
        self._settings = settings
        self._clock = clock
        self._finished = finished
        self._closing = False
        self.limits = Limits(settings.file_bytes, settings.unfinished_days)
        self.locks = locks

    def close(self) -> None:
        """Holders make durable what they have and answer; nobody new comes."""
        self._closing = True
        self.locks.stop_all()

    async def idle(self) -> None:
        """Until nobody holds an upload any more."""
        await self.locks.idle()

    # --- the doors ---------------------------------------------------------------------------------------------

    async def create(self, account: int, creation: Creation) -> Progress:
        """A new upload, durable. A final one is whole at once, and the same parts give the same upload again."""
        upload = new_id(self._clock())
        if creation.kind != "final":
            await self._guard_space(creation.length or 0)
            try:
                await self._off(lambda: self._disk.create(upload))
            except OSError as error:
                raise _disk_refusal(error) from error
        try:
            row = await self._run(lambda tx: self._add(tx, account, upload, creation))
        except AppError:
            await self._off(lambda: self._disk.remove(upload))
            raise
        if row.state == "checking":
            self._finished()
        return self._progress(row, row.length or 0 if creation.kind == "final" else 0)

    async def look(self, account: int, wire: str) -> Progress:
        """The offset, after whoever wrote has let go: only then it holds."""
        upload = parse_id(wire)
        row = await self._own(account, upload)
        if row.state not in rows.OPEN:
            return self._progress(row, row.length)
        async with self.locks.take(upload):
            row = await self._own(account, upload)
            if row.state not in rows.OPEN:
                return self._progress(row, row.length)
            async with self._opened(row) as incoming:
                if incoming.offset == row.length and row.state == "open":
                    row = await self._finish(row)  # a crash came between the last byte and its row
                return self._progress(row, incoming.offset)

    async def patch(self, account: int, wire: str, check: Callable[[State], Patch], receive: Receive) -> Progress:
        """Continue an upload. What is told is durable, whatever the request ended with."""
        upload = parse_id(wire)
        async with self.locks.take(upload) as hold:
            row = await self._own(account, upload)
            if row.state != "open":
                check(State(row.kind, row.length, row.length, row.length))  # nothing is left to send
                return self._progress(row, row.length)
            async with self._opened(row) as incoming:
                limit = row.reserved if row.length is None else row.length
                patch = check(State(row.kind, incoming.offset, row.length, limit))
                if patch.declares:
                    row = await self._run(lambda tx: self._declare(tx, row, patch.length or 0))
                await self._guard_space(patch.size or 0)
                complete = await self._take(incoming, patch, receive, hold)
                if incoming.offset == row.length:
                    row = await self._finish(row)
                elif not complete:
                    displaced = hold.stopped and not self._closing
                    raise AppError("upload_displaced") if displaced else AppError("upload_incomplete")
                return self._progress(row, incoming.offset)

    async def end(self, account: int, wire: str) -> None:
        """§Termination: the bytes go, the space is free. One that became a file is no upload any more."""
        upload = parse_id(wire)
        async with self.locks.take(upload):
            row = await self._own(account, upload)
            if row.state not in (*rows.OPEN, "refused"):
                raise AppError("upload_unknown")
            await self._run(lambda tx: end_upload(tx, row, "gone"))
            await self._off(lambda: self._disk.remove(upload))

    # --- steps -------------------------------------------------------------------------------------------------

    def _add(self, tx: Transaction, account: int, upload: int, creation: Creation) -> Row[Any]:
        connection, settings = tx.connection, self._settings
        parts = " ".join(creation.parts)
        length = creation.length
        state = "open"
        school = rows.school_of(connection, account)
        if creation.kind == "final":
            made = rows.joined_of(connection, account, parts)
            if made is not None:
                return _there(rows.load_upload(connection, made))
            length = reserved = self._join(tx, account, creation)
            state = "checking"
        else:
            if rows.open_count(connection, account) >= settings.uploads_open:
                raise AppError("uploads_limit", limit=settings.uploads_open)
            free = self._free(tx, account, school)
            reserved = min(free, settings.file_bytes) if length is None else length
            self._check_quota(tx, account, school, reserved if length is not None else 1)
            rows.count_usage(connection, account, school, reserved)
            if length == 0:
                state = "whole" if creation.kind == "part" else "checking"
        rows.add_upload(
            connection,
            id=upload,
            account_id=account,
            school_id=school,
            kind=creation.kind,
            state=state,
            length=length,
            reserved=reserved,
            name=clean_name(creation.metadata.get("filename") or creation.metadata.get("name") or ""),
            voice=creation.metadata.get("voice") == "1",
            raw_metadata=creation.raw_metadata,
            parts=parts,
            created_ms=tx.now,
            expires_ms=tx.now + settings.unfinished_days * DAY_MS,
        )
        return _there(rows.load_upload(connection, upload))

    def _join(self, tx: Transaction, account: int, creation: Creation) -> int:
        """The parts become the final upload's: their space too. Its length."""
        numbers = [parse_id(part) for part in creation.parts]
        found = rows.load_uploads(tx.connection, numbers)
        if any(number not in found or found[number].account_id != account for number in numbers):
            raise AppError("upload_unknown")
        parts = [found[number] for number in numbers]
        total = check_final([(row.kind, row.state == "whole", row.length or 0) for row in parts], self.limits)
        for row in parts:
            rows.change_upload(tx.connection, row.id, state="joined", reserved=0)
        return total

    def _declare(self, tx: Transaction, row: Row[Any], length: int) -> Row[Any]:
        """A deferred length is told: what was set aside beyond it is free again."""
        if length > row.reserved:
            self._check_quota(tx, row.account_id, row.school_id, length - row.reserved)
        rows.count_usage(tx.connection, row.account_id, row.school_id, length - row.reserved)
        rows.change_upload(tx.connection, row.id, length=length, reserved=length)
        return _there(rows.load_upload(tx.connection, row.id))

    def _free(self, tx: Transaction, account: int, school: int) -> int:
        free = self._settings.account_bytes - rows.used(tx.connection, account)
        if school and self._settings.school_bytes:
            free = min(free, self._settings.school_bytes - rows.used(tx.connection, school))
        return max(0, free)

    def _check_quota(self, tx: Transaction, account: int, school: int, more: int) -> None:
        settings = self._settings
        if rows.used(tx.connection, account) + more > settings.account_bytes:
            raise AppError("quota_exceeded", limit=settings.account_bytes)
        if school and settings.school_bytes and rows.used(tx.connection, school) + more > settings.school_bytes:
            raise AppError("school_quota_exceeded", limit=settings.school_bytes)

    async def _finish(self, row: Row[Any]) -> Row[Any]:
        """All bytes are there and durable: a part waits to be joined, anything else to be examined."""
        state = "whole" if row.kind == "part" else "checking"

        def task(tx: Transaction) -> Row[Any]:
            rows.change_upload(tx.connection, row.id, state=state)
            return _there(rows.load_upload(tx.connection, row.id))

        changed = await self._run(task)
        if state == "checking":
            self._finished()
        return changed

    async def _take(self, incoming: Incoming, patch: Patch, receive: Receive, hold: Hold) -> bool:
        """Body into file; durable, or taken back, before this returns or raises."""
        complete = False
        try:
            # only a checksum's mark touches the disk here; without one a thread's turn is spared
            make = partial(Sink, incoming, patch.most, patch.checksum)
            sink = make() if patch.checksum is None else await self._off(make)
            try:
                complete = await receive(sink, patch.size, hold)
            finally:
                await self._off(lambda: sink.finish(complete=complete))
        except OSError as error:
            raise _disk_refusal(error) from error
        return complete

    async def _own(self, account: int, upload: int) -> Row[Any]:
        if self._closing:
            raise AppError("unavailable", seconds=2)
        row = await self._database.read(lambda connection: rows.load_upload(connection, upload))
        if row is None or row.account_id != account or row.state == "joined":
            raise AppError("upload_unknown")
        if row.state == "gone":
            raise AppError(row.error or "upload_expired", days=self._settings.unfinished_days)
        return row

    @asynccontextmanager
    async def _opened(self, row: Row[Any]) -> AsyncIterator[Incoming]:
        try:
            incoming = await self._off(lambda: self._disk.open(row.id))
        except Lost:
            log.exception("upload lost", extra={"upload": row.id})
            await self._run(lambda tx: end_upload(tx, row, "gone", "upload_lost"))
            raise AppError("upload_lost") from None
        except Busy:
            raise AppError("upload_locked") from None
        except OSError as error:
            raise _disk_refusal(error) from error
        try:
            yield incoming
        finally:
            self._disk.keep(incoming)
            await self._off(incoming.close)

    async def _guard_space(self, size: int) -> None:
        """The floor of free space: the database stands on this disk too."""
        floor, free, percent = await self._off(
            lambda: (self._settings.free_percent, self._disk.free_bytes(), self._disk.free_percent())
        )
        if percent < floor or (size and free - size < free / max(percent, 0.001) * floor):
            raise AppError("disk_full")

    def _progress(self, row: Row[Any], offset: int) -> Progress:
        return Progress(
            row.id, offset, row.length, row.expires_ms, row.kind, row.parts, row.raw_metadata,
            finished=row.state not in rows.OPEN,
        )  # fmt: skip

    async def _off(self, work: Callable[[], T]) -> T:
        """On the pool. Files are in use there: a cancelled caller waits, too."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait({future})
            raise


def end_upload(tx: Transaction, row: Row[Any], state: str, error: str = "") -> None:
    """An upload ends without a file: its space is free, posts wait for it no more, and its owner hears of an error."""
    rows.release(tx.connection, row, state, error)
    tx.settle_posts(row.id)
    if error:
        upload = wire_id(row.id)
        tx.append_account(row.account_id, lambda seq, at: FileFinished(seq=seq, ts=at, upload=upload, error=error))


def _there(row: Row[Any] | None) -> Row[Any]:
    assert row is not None, "read in the transaction that wrote it"
    return row


def _disk_refusal(error: OSError) -> AppError:
    if error.errno in FULL:
        return AppError("disk_full")
    log.error("disk failed", extra={"errno": error.errno or 0})
    return AppError("unavailable", seconds=10)
