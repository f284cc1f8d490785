"""SRTP in place through pylibsrtp's own libsrtp, without its copies and objects. Touches that library's privates:
pinned, and ``tests/unit/test_media_canary.py`` breaks first.

A packet is protected where it lies, in a buffer of cffi: twice as fast as ``Session.protect``, which also refuses
packets over 1,356 bytes.
"""

from __future__ import annotations

from typing import Any

from pylibsrtp import Session
from pylibsrtp import _binding as binding

ffi: Any = binding.ffi
lib: Any = binding.lib
OK: int = lib.srtp_err_status_ok
TRAILER_BYTES = 16 + 4 + 128
"""What SRTCP may add at most: a tag, the index, room that libsrtp asks for (SRTP_MAX_SRTCP_TRAILER_LEN)."""


class Guard:
    """One direction of one connection's SRTP. Sizes go in and out as numbers; a negative one says refused."""

    __slots__ = ("_context", "_session", "_size")

    def __init__(self, session: Session) -> None:
        held: Any = session
        self._session = session  # keeps the context alive
        self._context = held._srtp[0]
        self._size = ffi.new("int *")

    def protect(self, packet: Any, size: int) -> int:
        self._size[0] = size
        return self._size[0] if lib.srtp_protect(self._context, packet, self._size) == OK else -1

    def unprotect(self, packet: Any, size: int) -> int:
        self._size[0] = size
        return self._size[0] if lib.srtp_unprotect(self._context, packet, self._size) == OK else -1

    def protect_rtcp(self, packet: Any, size: int) -> int:
        self._size[0] = size
        return self._size[0] if lib.srtp_protect_rtcp(self._context, packet, self._size) == OK else -1

    def unprotect_rtcp(self, packet: Any, size: int) -> int:
        self._size[0] = size
        return self._size[0] if lib.srtp_unprotect_rtcp(self._context, packet, self._size) == OK else -1
