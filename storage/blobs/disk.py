"""Where bytes stand on the disk, and how an upload's file is made, opened after anything that may have happened, and
taken away. Every function blocks; threads call them.

``incoming/<id>`` grows contiguously under the upload's lock: its size is the truth about what came. Beside it
``<id>.sums`` holds a head of 32 bytes (magic, verified offset, acknowledged offset, whether bytes past the verified one
are under test) and the digests of the filled cells. ``files/<xx>/<blob>`` are finished, ``previews/<xx>/<blob>.<size>``
made from them; ``<xx>`` are the id's last two hex digits, so that no folder holds millions.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .sums import CELL_BYTES, DIGEST_BYTES, Cells, cells_of, content_hash

_HEAD = struct.Struct("<8sQQB7x")
_MAGIC = b"rtsums1\0"
BLOCK_BYTES = 1 << 20
COPY_BYTES = 256 << 20
"""Of one call of the kernel: it cannot be stopped inside."""
PreviewSize = Literal["small", "large"]


class Lost(Exception):
    """The disk holds less than was acknowledged, or nothing: a loud failure, never mended by pretending."""


class Busy(Exception):
    """Another process of this server writes the upload."""


@dataclass(slots=True)
class Incoming:
    """An upload's open file; ``offset`` is what a HEAD may tell."""

    id: int
    fd: int
    sums_fd: int
    offset: int
    cells: Cells

    def head(self, count: int) -> bytes:
        return os.pread(self.fd, count, 0)

    def close(self) -> None:
        os.close(self.fd)
        os.close(self.sums_fd)  # lets the flock go as well


class Disk:
    """The layout under one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        self._kept: dict[int, tuple[int, Any]] = {}
        """By upload: offset and hash of the cell it lies in, so that the next request need not read the cell again."""

    def prepare(self) -> None:
        for name in ("incoming", "files", "previews"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    # --- uploads -----------------------------------------------------------------------------------------------

    def create(self, upload: int) -> None:
        """An empty upload, durable: both names survive a power cut. Raises ``OSError`` (ENOSPC…)."""
        for path, content in ((self.incoming(upload), b""), (self._sums(upload), _HEAD.pack(_MAGIC, 0, 0, 0))):
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, content)
                os.fsync(fd)
            finally:
                os.close(fd)
        sync_folder(self._incoming)

    def open(self, upload: int) -> Incoming:
        """Open under the upload's lock and bring it to what may be told: bytes of a request whose checksum was never
        confirmed are cut away. Raises ``Lost`` and ``Busy``.
        """
        try:
            fd = os.open(self.incoming(upload), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Lost(f"upload {upload}: its file is gone") from None
        sums_fd = -1
        try:
            sums_fd = os.open(self._sums(upload), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(sums_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            offset = self._recover(upload, fd, sums_fd)
            return Incoming(upload, fd, sums_fd, offset, self._cells(upload, fd, offset))
        except BaseException:
            os.close(fd)
            if sums_fd >= 0:
                os.close(sums_fd)
            raise

    def _recover(self, upload: int, fd: int, sums_fd: int) -> int:
        size = os.fstat(fd).st_size
        head = os.pread(sums_fd, _HEAD.size, 0)
        if len(head) == _HEAD.size and head[:8] == _MAGIC:
            _, verified, acknowledged, tested = _HEAD.unpack(head)
            if size < acknowledged:
                raise Lost(f"upload {upload}: {size} bytes on the disk, {acknowledged} acknowledged")
            if tested and size > verified:
                os.ftruncate(fd, verified)
                size = verified
        os.fdatasync(fd)  # a HEAD tells this offset: it must survive what comes next
        return size

    def _cells(self, upload: int, fd: int, offset: int) -> Cells:
        kept = self._kept.pop(upload, None)
        if kept is not None and kept[0] == offset:
            return Cells(offset, kept[1])
        begin = offset - offset % CELL_BYTES
        started = hashlib.sha256()
        at = begin
        while at < offset:
            block = os.pread(fd, min(BLOCK_BYTES, offset - at), at)
            if not block:
                raise Lost(f"upload {upload}: it shrank while it was read")
            started.update(block)
            at += len(block)
        return Cells(offset, started)

    def keep(self, incoming: Incoming) -> None:
        """Remember the hash of the open cell for the next request. Bounded: the oldest goes, and is read again."""
        self._kept[incoming.id] = (incoming.offset, incoming.cells.open)
        while len(self._kept) > 256:
            self._kept.pop(next(iter(self._kept)))

    def size(self, upload: int) -> int:
        """Bytes that stand there now, without a lock: for lists of transfers."""
        try:
            return self.incoming(upload).stat().st_size
        except FileNotFoundError:
            return 0

    def hash(self, incoming: Incoming) -> bytes:
        """The content's hash. Cells that no digest was noted for (a part taken over, a lost note) are read."""
        size = incoming.offset
        count = cells_of(size)
        noted = os.pread(incoming.sums_fd, count * DIGEST_BYTES, _HEAD.size)
        digests: list[bytes] = []
        for cell in range(count):
            digest = noted[cell * DIGEST_BYTES : (cell + 1) * DIGEST_BYTES]
            full = (cell + 1) * CELL_BYTES <= size
            if full and len(digest) == DIGEST_BYTES and digest != bytes(DIGEST_BYTES):
                digests.append(digest)
            elif not full and incoming.cells.offset == size:
                digests += incoming.cells.last()
            else:
                digests.append(self._read_cell(incoming.fd, cell, size))
        return content_hash(digests)

    def _read_cell(self, fd: int, cell: int, size: int) -> bytes:
        at, end = cell * CELL_BYTES, min(size, (cell + 1) * CELL_BYTES)
        digest = hashlib.sha256()
        while at < end:
            block = os.pread(fd, min(BLOCK_BYTES, end - at), at)
            if not block:
                raise Lost("a file shrank while it was read")
            digest.update(block)
            at += len(block)
        return digest.digest()

    def join(self, upload: int, parts: list[tuple[int, int]]) -> None:
        """Concatenation of ``(part, length)``: the first part's file becomes the upload's, the others are copied behind
        it inside the kernel (``copy_file_range``: shared blocks where the file system can). Run again after a crash it
        ends the same: the caller removes the other parts only when the whole is known to be durable.
        """
        goal, first = self.incoming(upload), self.incoming(parts[0][0])
        if not goal.exists():
            if not first.exists():
                raise Lost(f"upload {upload}: its first part is gone")
            if self._sums(parts[0][0]).exists():
                os.replace(self._sums(parts[0][0]), self._sums(upload))
            os.replace(first, goal)
        fd = os.open(goal, os.O_RDWR | os.O_CLOEXEC)
        sums_fd = os.open(self._sums(upload), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(sums_fd, _HEAD.pack(_MAGIC, 0, 0, 0), 0)
            at = parts[0][1]
            for part, length in parts[1:]:
                self._append(fd, sums_fd, part, at, length)
                at += length
            if os.fstat(fd).st_size != at:
                raise Lost(f"upload {upload}: its parts have another length than was acknowledged")
            os.fdatasync(fd)
        finally:
            os.close(sums_fd)
            os.close(fd)
        sync_folder(self._incoming)

    def _append(self, fd: int, sums_fd: int, part: int, at: int, length: int) -> None:
        try:
            source = os.open(self.incoming(part), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Lost(f"upload {part}: its file is gone") from None
        try:
            begin = 0
            while begin < length:
                done = os.copy_file_range(source, fd, min(length - begin, COPY_BYTES), begin, at + begin)
                if not done:
                    raise Lost(f"upload {part}: it is shorter than was acknowledged")
                begin += done
        finally:
            os.close(source)
        if at % CELL_BYTES == 0 and self._sums(part).exists():  # its cells lie on the whole's grid: so do its digests
            noted = self._sums(part).read_bytes()[_HEAD.size :][: length // CELL_BYTES * DIGEST_BYTES]
            os.pwrite(sums_fd, noted, _HEAD.size + at // CELL_BYTES * DIGEST_BYTES)

    def remove(self, upload: int) -> None:
        self._kept.pop(upload, None)
        self.incoming(upload).unlink(missing_ok=True)
        self._sums(upload).unlink(missing_ok=True)

    # --- finished files ----------------------------------------------------------------------------------------

    def publish(self, upload: int, blob: int) -> None:
        """An upload's file gets its final name, durably. Harmless when done already."""
        goal = self.blob(blob)
        goal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.incoming(upload).exists():
            os.replace(self.incoming(upload), goal)
            sync_folder(goal.parent)
            sync_folder(self._incoming)
        elif not goal.exists():
            raise Lost(f"upload {upload}: its file is gone")
        self._sums(upload).unlink(missing_ok=True)

    def unpublish(self, upload: int) -> None:
        """Take back a name that was given before its row was: the examination starts anew."""
        if self.blob(upload).exists() and not self.incoming(upload).exists():
            os.replace(self.blob(upload), self.incoming(upload))

    def remove_blob(self, blob: int) -> None:
        for path in (self.blob(blob), self.preview(blob, "small"), self.preview(blob, "large")):
            path.unlink(missing_ok=True)

    def incoming(self, upload: int) -> Path:
        return self._incoming / str(upload)

    def _sums(self, upload: int) -> Path:
        return self._incoming / f"{upload}.sums"

    def blob(self, blob: int) -> Path:
        return self.folder / "files" / f"{blob & 0xFF:02x}" / str(blob)

    def preview(self, blob: int, size: PreviewSize) -> Path:
        return self.folder / "previews" / f"{blob & 0xFF:02x}" / f"{blob}.{size}.webp"

    def every_file(self) -> Iterator[Path]:
        for name in ("incoming", "files", "previews"):
            yield from (path for path in (self.folder / name).rglob("*") if path.is_file())

    def free_percent(self) -> float:
        found = os.statvfs(self.folder)
        return 100 * found.f_bavail / max(1, found.f_blocks)

    def free_bytes(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


def note(incoming: Incoming, *, acknowledged: int, verified: int, tested: bool, durable: bool) -> None:
    """Write the head of ``.sums``. Not durable it is a hint that may be lost; a checksum's marks must be durable."""
    os.pwrite(incoming.sums_fd, _HEAD.pack(_MAGIC, verified, acknowledged, tested), 0)
    if durable:
        os.fdatasync(incoming.sums_fd)


def note_cells(incoming: Incoming, cells: list[tuple[int, bytes]]) -> None:
    for number, digest in cells:
        os.pwrite(incoming.sums_fd, digest, _HEAD.size + number * DIGEST_BYTES)


def sync_folder(path: Path) -> None:
    """Make names durable: created, renamed and removed ones live in the folder."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
