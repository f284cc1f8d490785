"""Asks clamd about a file by its INSTREAM command (clamd(8)). Knows no quarantine: it answers, others act."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from .blobs.disk import BLOCK_BYTES

Verdict = Literal["clean", "infected", "unscanned"]
_LENGTH = struct.Struct(">I")
ANSWER_BYTES = 4_096
"""clamd's answer is one line with a signature's name."""


async def scan_file(address: str, path: Path, size: int, limit_bytes: int, timeout_s: float) -> Verdict:
    """``unscanned`` when the file is over the limit, or clamd is away, refuses or takes too long."""
    if not address or size > limit_bytes:
        return "unscanned"
    try:
        async with asyncio.timeout(timeout_s):
            answer = await _ask(address, path)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return "unscanned"
    if answer.endswith(b"FOUND"):
        return "infected"
    return "clean" if answer.endswith(b": OK") else "unscanned"


async def _ask(address: str, path: Path) -> bytes:
    kind, _, rest = address.partition(":")
    if kind == "unix":
        reader, writer = await asyncio.open_unix_connection(rest)
    else:
        host, _, port = rest.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        writer.write(b"zINSTREAM\0")
        with path.open("rb") as file:
            while block := await asyncio.to_thread(_reading(file.read)):
                writer.write(_LENGTH.pack(len(block)) + block)
                await writer.drain()
        writer.write(_LENGTH.pack(0))
        await writer.drain()
        return (await reader.read(ANSWER_BYTES)).rstrip(b"\0\n")
    finally:
        writer.close()


def _reading(read: Callable[[int], bytes]) -> Callable[[], bytes]:
    return lambda: read(BLOCK_BYTES)
