"""Bounds of uploads and files; config.toml names the reason of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class FilesSettings:
    folder: Path
    file_bytes: int = 4_294_967_296
    account_bytes: int = 21_474_836_480
    school_bytes: int = 536_870_912_000
    uploads_open: int = 60
    unfinished_days: int = 7
    unposted_days: int = 7
    free_percent: float = 5.0
    stall_s: float = 60.0
    takeover_s: float = 10.0
    threads: int = 4
    fast: bool = True
    examiners: int = 2
    clamd: str = ""
    scan_s: float = 120.0
    scan_bytes: int = 26_214_400
    scan_strict: bool = False
    preview_cpu_s: int = 20
    preview_bytes: int = 1_610_612_736
    preview_pixels: int = 50_000_000
    accel_prefix: str = ""
