"""The data plane with recvmmsg(2) and sendmmsg(2) through cffi: one system call a batch. Linux only.

cffi's ABI mode needs no compiler; its dearer call is paid once a batch.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
from typing import Any

from cffi import FFI

from .base import PLACE_BYTES, Buffers, Source
from .plain import bind

AVAILABLE = sys.platform == "linux"
_NAME_BYTES = 28
"""sizeof(struct sockaddr_in6); that of IPv4 has 16."""

_ffi: Any = FFI()
_ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr {
        void *msg_name; unsigned int msg_namelen;
        struct iovec *msg_iov; size_t msg_iovlen;
        void *msg_control; size_t msg_controllen; int msg_flags;
    };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
    int sendmmsg(int, struct mmsghdr *, unsigned int, int);
    """
)
_DONTWAIT = getattr(socket, "MSG_DONTWAIT", 0)


class _Heads:
    """An array of mmsghdr over the places of one buffer, with Python handles to the fields that change."""

    def __init__(self, places: list[Any], name_bytes: int) -> None:
        count = len(places)
        self.array = _ffi.new("struct mmsghdr[]", count)
        self._iov = _ffi.new("struct iovec[]", count)
        self._names = _ffi.new("char[]", count * _NAME_BYTES)
        self.iov: list[Any] = []
        self.head: list[Any] = []
        self.whole: list[Any] = []
        self.names = memoryview(_ffi.buffer(self._names)).cast("B")
        for n, place in enumerate(places):
            iov, whole = self._iov[n], self.array[n]
            iov.iov_base, iov.iov_len = place, PLACE_BYTES
            head = whole.msg_hdr
            head.msg_name, head.msg_namelen = self._names + n * _NAME_BYTES, name_bytes
            head.msg_iov, head.msg_iovlen = self._iov + n, 1
            self.iov.append(iov)
            self.head.append(head)
            self.whole.append(whole)


class MmsgPlane:
    """See ``base.Plane``. A source is the raw sockaddr as bytes."""

    def __init__(self, host: str, port: int, places: int | None = None) -> None:
        self.buffers = Buffers(places)
        self.sizes = [0] * self.buffers.inbound
        self.sources: list[Source] = [None] * self.buffers.inbound
        self.dropped = 0
        self.sent = 0
        self._lib = _ffi.dlopen(None)
        self._socket = bind(host, port, socket.SOCK_DGRAM)
        self._six = ":" in host
        self._name_bytes = 28 if self._six else 16
        self._in = _Heads(self.buffers.in_at, self._name_bytes)
        self._out = _Heads(self.buffers.out_at, self._name_bytes)
        self._iov, self._head = self._out.iov, self._out.head
        self._waiting = 0
        self._in_places, self._out_places = self.buffers.inbound, self.buffers.outbound
        self._fd = self._socket.fileno()

    def fileno(self) -> int:
        return self._fd

    @property
    def bound(self) -> tuple[str, int]:
        name = self._socket.getsockname()
        return str(name[0]), int(name[1])

    def receive(self) -> int:
        count: int = self._lib.recvmmsg(self._fd, self._in.array, self._in_places, _DONTWAIT, _ffi.NULL)
        if count <= 0:
            return 0
        names, size, whole = self._in.names, self._name_bytes, self._in.whole
        sizes, sources = self.sizes, self.sources
        for n in range(count):
            sizes[n] = whole[n].msg_len
            at = n * _NAME_BYTES
            sources[n] = bytes(names[at : at + size])
        return count

    def destination(self, source: Source) -> Any:
        return _ffi.from_buffer("char[]", source)

    def source(self, address: str, port: int) -> Source:
        """sockaddr_in or sockaddr_in6 as the kernel writes it."""
        if self._six:
            packed = socket.inet_pton(socket.AF_INET6, address)
            return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + packed + bytes(4)
        packed = socket.inet_pton(socket.AF_INET, address)
        return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + packed + bytes(8)

    def told(self, source: Source) -> tuple[bytes, int]:
        raw: Any = source
        return (raw[8:24] if self._six else raw[4:8]), raw[2] << 8 | raw[3]

    def room(self) -> int:
        if self._waiting == self._out_places:
            self.flush()
        return self._waiting

    def put(self, size: int, destination: Any) -> None:
        n = self._waiting
        self._iov[n].iov_len = size
        self._head[n].msg_name = destination
        self._waiting = n + 1

    def flush(self) -> None:
        done, count = 0, self._waiting
        while done < count:
            sent: int = self._lib.sendmmsg(self._fd, self._out.array + done, count - done, _DONTWAIT)
            if sent > 0:
                done += sent
                self.sent += sent
                continue
            if _ffi.errno == errno.EINTR:
                continue
            if _ffi.errno in {errno.EAGAIN, errno.ENOBUFS}:  # the line out of this machine is full
                self.dropped += count - done
                break
            self.dropped += 1  # this destination cannot be reached; the others can
            done += 1
        self._waiting = 0

    def close(self) -> None:
        self._socket.close()
