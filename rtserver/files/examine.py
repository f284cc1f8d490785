"""The finish line: an upload with all its bytes becomes a file, or is refused. Nothing is served before it is through.

Joined of its parts → type by its first bytes → equal content of the school found → scanned → previews → published by
rename → told. Every step can be done again: what a crash left in the state ``checking`` starts from the beginning.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, insert

from rtserver.wire.files import FileFinished
from storage import attachments as held
from storage import file_tables as f
from storage import uploads as rows
from storage.blobs.disk import Disk, Lost
from storage.db import Database
from storage.ids import parse_id, wire_id
from storage.locks import Locks
from storage.media_type import HEAD_BYTES, MediaType, media_type
from storage.previews import NOTHING, Facts, PreviewLimits, examine_media
from storage.scan import Verdict, scan_file
from storage.search import fold

from .ports import Run, Transaction
from .settings import FilesSettings
from .uploads import end_upload

log = logging.getLogger(__name__)
T = TypeVar("T")
AGAIN_S = 30.0
"""Between tries of what failed for a reason of ours: a database or a disk that is away comes back."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was learnt about an upload's bytes. ``blob`` is the one to share, None for bytes of its own."""

    size: int
    digest: bytes
    kind: MediaType
    facts: Facts = NOTHING
    verdict: Verdict = "unscanned"
    blob: int | None = None


class Examiner:
    """``wake`` when something may have been finished. Works through ``checking`` uploads, a few at a time."""

    def __init__(self, database: Database, run: Run, disk: Disk, locks: Locks, settings: FilesSettings) -> None:
        self._database = database
        self._run = run
        self._disk = disk
        self._locks = locks
        self._settings = settings
        self._woken = asyncio.Event()
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        self._woken.set()

    def start(self) -> None:
        self._woken.set()
        self._task = asyncio.get_running_loop().create_task(self._live(), name="examiner")

    async def close(self) -> None:
        """What is under way is left: it starts again with the next process."""
        tasks = [task for task in (self._task, *self._busy.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            self._woken.clear()
            failed = False
            try:
                for row in await self._database.read(lambda c: rows.uploads_in(c, ("checking",))):
                    if len(self._busy) >= self._settings.examiners:
                        break
                    if row.id not in self._busy:
                        self._begin(row)
            except Exception:
                log.exception("uploads could not be looked for")
                failed = True
            try:
                async with asyncio.timeout(AGAIN_S if failed or self._busy else None):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _begin(self, row: Row[Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._examine(row), name=f"examine {row.id}")
        self._busy[row.id] = task
        task.add_done_callback(lambda _: self._ended(row.id))

    def _ended(self, upload: int) -> None:
        self._busy.pop(upload, None)
        self._woken.set()

    async def _examine(self, row: Row[Any]) -> None:
        try:
            await self._through(row)
        except Lost:
            log.exception("upload lost", extra={"upload": row.id})
            await self._run(lambda tx: end_upload(tx, row, "gone", "upload_lost"))
        except Exception:
            log.exception("upload not examined", extra={"upload": row.id})
            await asyncio.sleep(AGAIN_S)  # then ``_ended`` lets it be tried again

    async def _through(self, row: Row[Any]) -> None:
        disk = self._disk
        async with self._locks.take(row.id):
            pass  # who wrote the last byte has let go of the file; nobody opens one that is being examined
        await asyncio.to_thread(disk.unpublish, row.id)
        parts = [parse_id(part) for part in row.parts.split()]
        if parts:
            found = await self._database.read(lambda c: rows.load_uploads(c, parts))
            await asyncio.to_thread(disk.join, row.id, [(part, found[part].length or 0) for part in parts])
        found_out = await self._find_out(row)
        error = "file_infected" if found_out.verdict == "infected" else ""
        if self._settings.scan_strict and found_out.verdict == "unscanned":
            error = "file_unscanned"
        if error:
            await self._run(lambda tx: end_upload(tx, row, "refused", error))
            await asyncio.to_thread(disk.remove, row.id)
        elif await self._publish(row, found_out):
            for part in parts[1:]:
                await asyncio.to_thread(disk.remove, part)

    async def _find_out(self, row: Row[Any]) -> Found:
        size, digest, head = await asyncio.to_thread(self._read, row.id)
        kind = media_type(head)
        same = await self._database.read(lambda c: held.same_content(c, row.school_id, digest, size))
        if same is not None:
            return Found(size, digest, kind, verdict="clean", blob=same.id)
        settings, path = self._settings, self._disk.incoming(row.id)
        verdict = await scan_file(settings.clamd, path, size, settings.scan_bytes, settings.scan_s)
        if verdict == "infected":
            return Found(size, digest, kind, verdict=verdict)
        limits = PreviewLimits(settings.preview_cpu_s, settings.preview_bytes, settings.preview_pixels)
        facts = await examine_media(self._disk, row.id, path, kind, limits)
        return Found(size, digest, kind, facts, verdict)

    def _read(self, upload: int) -> tuple[int, bytes, bytes]:
        opened = self._disk.open(upload)
        try:
            return opened.offset, self._disk.hash(opened), opened.head(HEAD_BYTES)
        finally:
            opened.close()

    async def _publish(self, row: Row[Any], found: Found) -> bool:
        """The file is there for everybody who may see it; False when its shared bytes went meanwhile: tried again."""
        if found.blob is None:
            await asyncio.to_thread(self._disk.publish, row.id, row.id)
        if not await self._run(lambda tx: publish_file(tx, row, found)):
            self.wake()
            return False
        if found.blob is not None:
            await asyncio.to_thread(self._disk.remove, row.id)
        return True


def publish_file(tx: Transaction, row: Row[Any], found: Found) -> bool:
    """Bytes, file and end of the upload in one transaction; then the posts that waited, then word to the owner."""
    connection = tx.connection
    if found.blob is not None and not _is_there(connection, found.blob):
        return False
    if found.blob is None:
        facts, kind = found.facts, found.kind
        connection.execute(
            insert(f.blob).values(
                id=row.id,
                school_id=row.school_id,
                size=found.size,
                hash=found.digest,
                media_type=f"audio/{kind.name.partition('/')[2]}" if facts.kind == "audio" else kind.name,
                kind=facts.kind or kind.kind,
                width=facts.width,
                height=facts.height,
                duration_ms=facts.duration_ms,
                waveform=bytes(facts.waveform) or None,
                previews=facts.previews,
                scanned=found.verdict == "clean",
                created_ms=tx.now,
            )
        )
    connection.execute(
        insert(f.file).values(
            id=row.id,
            blob_id=row.id if found.blob is None else found.blob,
            account_id=row.account_id,
            school_id=row.school_id,
            name=row.name,
            name_fold=fold(row.name),
            voice=row.voice,
            size=found.size,
            created_ms=tx.now,
            idle_ms=tx.now,
        )
    )
    rows.change_upload(connection, row.id, state="done", reserved=0)
    rows.count_usage(connection, row.account_id, row.school_id, found.size - row.reserved)
    tx.settle_posts(row.id)
    shown = held.wire_attachment(held.load_files(connection, (row.id,))[row.id])
    tx.append_account(row.account_id, lambda seq, at: FileFinished(seq=seq, ts=at, upload=wire_id(row.id), file=shown))
    return True


def _is_there(connection: Connection, blob: int) -> bool:
    return connection.execute(f.blob.select().where(f.blob.c.id == blob)).first() is not None
