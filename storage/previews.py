"""Has previews made by a process of its own and believes only what fits: numbers in bounds, files that are there."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from .blobs.disk import Disk
from .media_type import INLINE, MediaType, StoredKind

WALL_FACTOR = 3
"""Wall seconds for each allowed processor second: a busy machine may take its time, a sleeping process may not."""
OUTPUT_BYTES = 4_096


class Facts(msgspec.Struct, frozen=True):
    """What is shown of a file beside its bytes."""

    width: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    height: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    duration_ms: Annotated[int, msgspec.Meta(ge=0, le=2**40)] | None = None
    waveform: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=255)]], msgspec.Meta(max_length=256)] = []
    previews: bool = False
    kind: StoredKind | None = None


NOTHING = Facts()


@dataclass(frozen=True, slots=True)
class PreviewLimits:
    cpu_s: int
    memory_bytes: int
    pixels: int


async def examine_media(disk: Disk, blob: int, path: Path, found: MediaType, limits: PreviewLimits) -> Facts:
    """Facts and previews of a picture, sound or video; ``NOTHING`` when the file is broken, hostile or too much."""
    if found.name not in INLINE:
        return NOTHING
    small, large = disk.preview(blob, "small"), disk.preview(blob, "large")
    small.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    asked = {
        "name": found.name,
        "pixels": limits.pixels,
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_bytes,
        "small": str(small),
        "large": str(large),
    }
    output = await _run(path, json.dumps(asked), limits.cpu_s * WALL_FACTOR)
    try:
        facts = msgspec.json.decode(output, type=Facts)
    except msgspec.DecodeError:
        facts = NOTHING
    if not facts.previews:
        small.unlink(missing_ok=True)
        large.unlink(missing_ok=True)
    return facts


async def _run(path: Path, asked: str, timeout_s: float) -> bytes:
    with path.open("rb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "storage.previewing",
            asked,
            stdin=file,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # libraries write file contents there
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
    assert process.stdout is not None
    output = b""
    try:
        async with asyncio.timeout(timeout_s):
            while len(output) <= OUTPUT_BYTES and (block := await process.stdout.read(OUTPUT_BYTES)):
                output += block
            if len(output) > OUTPUT_BYTES:
                return b""
            code = await process.wait()
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return output if code == 0 else b""
