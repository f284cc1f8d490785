"""DTLS by aiortc's transport over any way of sending datagrams. Touches its privates (pinned; canary-tested), and takes
no media from it: once keys are agreed, SRTP packets go past it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

from .srtp import Guard

WAITING_MOST = 16
"""Handshake datagrams that may wait: a flight has at most four, the rest is a flood."""
HANDSHAKE_S = 15.0
PROFILES = [p for p in (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80) if p in SRTP_PROFILES]
"""In our order: AES-128-GCM is the fastest here, and a browser takes 256 when asked."""


class Certificate:
    """This worker's DTLS certificate, made at its start."""

    def __init__(self) -> None:
        self.rtc = RTCCertificate.generateCertificate()
        self.fingerprint = next(f.value for f in self.rtc.getFingerprints() if f.algorithm == "sha-256")


class _Pipe:
    """What aiortc takes for an ICE transport."""

    def __init__(self, send: Callable[[bytes], None], role: str) -> None:
        self.role = role
        self._send_datagram = send
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_MOST)

    def feed(self, data: bytes | None) -> None:
        if data is None:
            while not self._waiting.empty():
                self._waiting.get_nowait()
        if not self._waiting.full():
            self._waiting.put_nowait(data)

    async def _recv(self) -> bytes:
        data = await self._waiting.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._send_datagram(data)


class Dtls:
    """One handshake and what follows it. ``connected(outgoing, incoming)`` is called with the keys, ``closed()`` once
    when it fails or the other side ends it.
    """

    def __init__(
        self,
        certificate: Certificate,
        send: Callable[[bytes], None],
        connected: Callable[[Guard, Guard], None],
        closed: Callable[[], None],
        *,
        client: bool = False,
    ) -> None:
        self._pipe = _Pipe(send, "controlling" if client else "controlled")
        pipe: Any = self._pipe
        self._transport: Any = RTCDtlsTransport(pipe, [certificate.rtc])
        self._transport._set_role("client" if client else "server")
        self._transport._srtp_profiles = PROFILES
        self._connected = connected
        self._closed = closed
        self._told = False
        self._task: asyncio.Task[None] | None = None

    def start(self, fingerprints: list[tuple[str, str]]) -> None:
        """Begin with the other side's fingerprints, of which every known one must match its certificate."""
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(name, value) for name, value in fingerprints])
        self._task = asyncio.get_running_loop().create_task(self._run(parameters), name="dtls")

    @property
    def started(self) -> bool:
        return self._task is not None

    def feed(self, datagram: bytes) -> None:
        self._pipe.feed(datagram)

    async def close(self) -> None:
        """Say goodbye (close_notify) and stop."""
        self._told = True
        await self._transport.stop()
        self._pipe.feed(None)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, parameters: RTCDtlsParameters) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await self._transport.start(parameters)
        except (TimeoutError, ConnectionError):
            self._end()
            return
        if self._transport.state != "connected":
            self._end()
            return
        self._connected(Guard(self._transport._tx_srtp), Guard(self._transport._rx_srtp))
        await asyncio.gather(self._transport._task, return_exceptions=True)
        self._end()

    def _end(self) -> None:
        if not self._told:
            self._told = True
            self._closed()
