"""One end of a connection to the SFU: a socket, ICE checks as the controlling side, DTLS as the client, SRTP. It uses
the server's own protocol modules, so both ends are light; other implementations stand against them in the tests.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from media import stun
from media.connection import Connection, Receiver
from media.dtls import Certificate
from media.plane.base import Plane, Source
from media.plane.mmsg import AVAILABLE, MmsgPlane
from media.plane.plain import PlainPlane

CHECK_S = 2.5
"""Between consent checks; browsers take 2.5 s too."""
FIRST_CHECK_S = 0.05
PLACES = 32


class Endpoint:
    """``open`` with the server's description begins; ``close`` ends. All of a process may share a certificate."""

    def __init__(self, certificate: Certificate, receiver: Receiver, host: str = "127.0.0.1") -> None:
        self.connection = Connection(certificate, receiver, client=True)
        self.fingerprint = certificate.fingerprint
        make = MmsgPlane if AVAILABLE else PlainPlane
        self._plane: Plane = make(host, 0, PLACES)
        view = self._plane.buffers.in_view
        size = len(view) // PLACES
        self._views = [view[n * size : (n + 1) * size] for n in range(PLACES)]
        self._checking: asyncio.Task[None] | None = None
        self._answered = False
        self.drop: Callable[[], bool] = lambda: False
        """Says of each arriving packet whether the line has lost it; before SRTP, which takes a number only once."""
        self.silent = False
        """A peer that has vanished: it neither sends nor checks any more."""

    def open(self, ufrag: str, password: str, fingerprints: list[tuple[str, str]], address: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._plane.fileno(), self._readable)
        self.connection.move(self._plane, self._plane.source(*address), None)
        self._checking = loop.create_task(self._check(ufrag, password), name="checks")
        self.connection.start(fingerprints)

    def move(self, host: str = "127.0.0.1") -> None:
        """Another address of this machine, as a phone that leaves the Wi-Fi: the session goes on."""
        loop = asyncio.get_running_loop()
        old, source = self._plane, self.connection.source
        loop.remove_reader(old.fileno())
        make = type(old)
        self._plane = make(host, 0, PLACES)  # type: ignore[call-arg] # both planes take the same
        view = self._plane.buffers.in_view
        size = len(view) // PLACES
        self._views = [view[n * size : (n + 1) * size] for n in range(PLACES)]
        self.connection.move(self._plane, source, None)
        loop.add_reader(self._plane.fileno(), self._readable)
        old.close()
        self._answered = False

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._plane.bound

    def flush(self) -> None:
        self._plane.flush()

    async def close(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
            asyncio.get_running_loop().remove_reader(self._plane.fileno())
        await self.connection.close()
        self._plane.close()

    async def _check(self, ufrag: str, password: str) -> None:
        """RFC 8445 §7.2.5: checks with aggressive nomination; a lite server answers each."""
        while True:
            if not self.silent:
                check = stun.request(
                    secrets.token_bytes(12),
                    f"{ufrag}:{self.connection.ufrag}",
                    password.encode(),
                    priority=1_845_501_695,
                    tie_breaker=1,
                    use_candidate=True,
                )
                self.connection.send_datagram(check)
            await asyncio.sleep(CHECK_S if self._answered else FIRST_CHECK_S)

    def _stun(self, data: bytes, source: Source, now_s: float) -> None:
        """An answer to a check of ours; or a check of a full agent, which wants an answer."""
        request = stun.parse_request(data)
        if request is None:
            self._answered = True
        else:
            self.connection.check(request, self._plane, source, None, now_s)

    def _readable(self) -> None:
        plane, views = self._plane, self._views
        count = plane.receive()
        now_s = time.monotonic()
        if self.silent:
            return
        for n in range(count):
            view = views[n]
            first = view[0]
            if first >= 128:
                if self.drop():
                    continue
                self.connection.on_media(view, plane.buffers.in_at[n], plane.sizes[n], now_s)
            elif first < 4:
                self._stun(bytes(view[: plane.sizes[n]]), plane.sources[n], now_s)
            elif 20 <= first < 64:
                self.connection.on_dtls(bytes(view[: plane.sizes[n]]))
        plane.flush()
