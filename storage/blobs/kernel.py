"""Two calls of Linux that Python does not bring: early write-back and room set aside. Elsewhere they do nothing.

Both only help: what is durable is decided by ``fdatasync`` alone.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from typing import Any

_SYNC_FILE_RANGE_WRITE = 2
_FALLOC_FL_KEEP_SIZE = 1
_libc: Any = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
if _libc is not None:
    _libc.sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    _libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


def start_writeback(fd: int, offset: int, length: int) -> None:
    """Let the kernel begin to write a range now: the sync at the end has little left then (``sync_file_range(2)``)."""
    if _libc is not None:
        _libc.sync_file_range(fd, offset, length, _SYNC_FILE_RANGE_WRITE)


def set_aside(fd: int, offset: int, length: int) -> None:
    """Reserve blocks without changing the file's size (``fallocate(2)``, KEEP_SIZE): the size is the truth about what
    came. Raises ``OSError`` ENOSPC or EFBIG; a file system that cannot reserve is not asked twice by failing.
    """
    if _libc is None or length <= 0:
        return
    if _libc.fallocate(fd, _FALLOC_FL_KEEP_SIZE, offset, length) != 0:
        code = ctypes.get_errno()
        if code in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise OSError(code, os.strerror(code))
