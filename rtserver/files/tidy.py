"""Takes away what nobody holds: expired uploads, idle files, bytes without a file. ``check`` only looks.

Rows go first, in a transaction; bytes go when it is durable. Bytes that a crash left behind are found by ``check``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from storage import attachments as held
from storage import file_tables as f
from storage import uploads as rows
from storage.blobs.disk import Disk
from storage.db import Database

from .ports import Run, Transaction
from .settings import DAY_MS, FilesSettings
from .uploads import end_upload

log = logging.getLogger(__name__)
EVERY_S = 60.0
"""A deleted message's bytes leave the disk within this."""
BATCH = 200
YOUNG_MS = DAY_MS
"""Bytes without a row are strays only when they are older: a creation writes bytes first."""
ENDED_KEEP_MS = 30 * DAY_MS
"""How long an ended upload is answered with what happened to it instead of being unknown."""


@dataclass(slots=True)
class Report:
    """What ``check`` found. ``missing``: rows without their bytes, the one fault that loses something."""

    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    strays: list[Path] = field(default_factory=list)
    miscounted: list[int] = field(default_factory=list)


class Tidier:
    """One task a process; several may run: each removal decides inside its transaction."""

    def __init__(
        self, database: Database, run: Run, disk: Disk, settings: FilesSettings, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._run = run
        self._disk = disk
        self._settings = settings
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._live(), name="files-tidy")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.tidy()
            except Exception:  # a database that is away now is asked at the next turn
                log.exception("files could not be tidied")

    async def tidy(self) -> int:
        """One round; gives how many uploads, files and blobs went."""
        now = self._clock()
        count = 0
        for row in await self._database.read(lambda c: rows.expired_uploads(c, now, BATCH)):
            await self._run(lambda tx, row=row: end_upload(tx, row, "gone", "upload_expired"))  # type: ignore[misc] # mypy takes no default in a lambda
            await asyncio.to_thread(self._disk.remove, row.id)
            count += 1
        before = now - self._settings.unposted_days * DAY_MS
        idle = await self._database.read(lambda c: held.idle_files(c, before, BATCH))
        if idle:
            count += await self._run(lambda tx: remove_idle(tx, idle, before))
        unshared = await self._database.read(lambda c: held.unshared_blobs(c, BATCH))
        if unshared:
            gone = await self._run(lambda tx: held.drop_blobs(tx.connection, unshared))
            for blob in gone:
                await asyncio.to_thread(self._disk.remove_blob, blob)
            count += len(gone)
        u = f.upload.c
        old = delete(f.upload).where(
            u.state.in_(("gone", "refused", "joined", "done")), u.expires_ms < now - ENDED_KEEP_MS
        )
        await self._run(lambda tx: tx.connection.execute(old).rowcount)
        return count


def remove_idle(tx: Transaction, files: list[int], before_ms: int) -> int:
    """Unless something has come to hold them since they were looked for."""
    c = f.file.c
    still = select(c.id).where(c.id.in_(files), c.idle_ms <= before_ms)
    wanted = set(tx.connection.execute(still).scalars())
    wanted -= held.held(tx.connection, wanted)
    for one in wanted:
        held.remove_file(tx.connection, one)
    return len(wanted)


def check_files(connection: Connection, disk: Disk, now_ms: int) -> Report:
    """Every row against the disk, every stray byte, every count of used space."""
    report = Report()
    b, u = f.blob.c, f.upload.c
    known: set[Path] = set()
    for blob, size, previews in connection.execute(select(b.id, b.size, b.previews)):
        report.files += 1
        report.bytes += size
        path = disk.blob(blob)
        known.add(path)
        if not path.exists() or path.stat().st_size != size:
            report.missing.append(f"blob {blob}: its bytes are gone or of another size")
        if previews:
            shown = {disk.preview(blob, "small"), disk.preview(blob, "large")}
            known |= shown
            report.missing += [f"blob {blob}: a preview is gone" for path in shown if not path.exists()]
    for upload, state in connection.execute(
        select(u.id, u.state).where(u.state.in_((*rows.OPEN, "checking", "joined")))
    ):
        known |= {disk.incoming(upload), disk.incoming(upload).with_suffix(".sums")}
        if state in rows.OPEN and not disk.incoming(upload).exists():
            report.missing.append(f"upload {upload}: its bytes are gone")
        if state == "checking":
            known.add(disk.blob(upload))
    for path in disk.every_file():
        if path not in known and path.stat().st_mtime * 1000 < now_ms - YOUNG_MS:
            report.strays.append(path)
    true = rows.true_usage(connection)
    counted = {who: used for who, used in connection.execute(select(f.file_usage)) if used}
    report.miscounted = sorted(who for who in true.keys() | counted.keys() if true.get(who) != counted.get(who))
    return report


def recount(connection: Connection) -> None:
    """Write the used space anew from the rows that it counts."""
    connection.execute(delete(f.file_usage))
    true = rows.true_usage(connection)
    if true:
        connection.execute(
            insert(f.file_usage), [{"holder_id": who, "used_bytes": total} for who, total in true.items()]
        )
