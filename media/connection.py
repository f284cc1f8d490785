"""One peer connection's transport: ICE-lite, DTLS, SRTP, and the transport numbers of what it sent. Knows no call.

Media is taken from any address that has passed a check; USE-CANDIDATE moves where we send (RFC 8445 §7.3.1.5). Consent
(RFC 7675) is the client's own checks: 30 s without one end the connection, and an ended one answers no STUN, since a
browser would otherwise wait in a black hole for ever.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Protocol

from .dtls import Certificate, Dtls
from .packet import NUMBERS, NUMBERS_AT, PICTURE, PICTURE_ALONE, TRANSPORT, TRANSPORT_AT, Packet
from .plane.base import PLACE_BYTES, Plane, Source
from .srtp import TRAILER_BYTES, Guard
from .stun import BindingRequest, success
from .switch import Numbers

CONSENT_S = 30.0
"""RFC 7675 §5.1."""
PAIRS_MOST = 16
"""Checked addresses of one connection; a client with more is not a browser."""
HISTORY = 4_096
"""Sent packets remembered for feedback: four seconds at 1,000 packets/s."""


class Receiver(Protocol):
    """Who takes what a connection brings."""

    def on_rtp(self, data: memoryview, size: int, now_s: float) -> None: ...

    def on_rtcp(self, data: bytes, now_s: float) -> None: ...

    def on_connected(self) -> None: ...

    def on_closed(self) -> None: ...


class Stream(Protocol):
    """A framed TCP connection (RFC 4571)."""

    def write(self, datagram: bytes | memoryview) -> None: ...

    def close(self) -> None: ...


class Connection:
    """``plane`` is that of the first check; ``send_*`` drop what cannot be sent now."""

    def __init__(self, certificate: Certificate, receiver: Receiver, *, client: bool = False) -> None:
        self.ufrag = secrets.token_urlsafe(9).replace("-", "x").replace("_", "y")
        self.password = secrets.token_urlsafe(24).replace("-", "x").replace("_", "y")
        self._key = self.password.encode()
        self.receiver = receiver
        self.plane: Plane | None = None
        self.source: Source = None
        self._destination: Any = None
        self._stream: Stream | None = None
        self.pairs: dict[tuple[int, Source], None] = {}
        self.outgoing: Guard | None = None
        self.incoming: Guard | None = None
        self.checked_s: float | None = None
        self.closed = False
        self.unmap: Callable[[], None] = lambda: None
        self.packets_out = self.bytes_out = self.packets_in = self.bytes_in = 0
        self.transport_seq = secrets.randbelow(0x4000)
        self.sent_s = [0.0] * HISTORY
        self.sent_bytes = [0] * HISTORY
        self.probes: set[int] = set()
        self._dtls = Dtls(certificate, self.send_datagram, self._connected, self._ended, client=client)

    # --- ICE -----------------------------------------------------------------------------------------------

    def check(self, request: BindingRequest, plane: Plane, source: Source, stream: Stream | None, now_s: float) -> bool:
        """Answer a check that is for our ufrag; whether it was rightly signed (and its address belongs to us)."""
        if self.closed or not request.signed_by(self._key):
            return False
        known = (id(plane), source)
        if known not in self.pairs:
            if len(self.pairs) >= PAIRS_MOST:
                self.pairs.pop(next(iter(self.pairs)))
            self.pairs[known] = None
        self.checked_s = now_s
        if self.plane is None or request.use_candidate:
            self.move(plane, source, stream)
        told: Any = plane.told(source) if stream is None else source  # a stream's source is the pair itself
        answer = success(request.transaction, told[0], told[1], self._key)
        if stream is not None:
            stream.write(answer)
        else:
            self._put(plane, answer, plane.destination(source))
        return True

    def move(self, plane: Plane, source: Source, stream: Stream | None) -> None:
        """Send there from now on."""
        if self.source == source and self.plane is plane and self._stream is stream:
            return
        self.plane, self.source, self._stream = plane, source, stream
        self._destination = None if stream is not None else plane.destination(source)

    def expired(self, now_s: float) -> bool:
        return self.checked_s is not None and now_s - self.checked_s > CONSENT_S

    # --- DTLS ----------------------------------------------------------------------------------------------

    def start(self, fingerprints: list[tuple[str, str]]) -> None:
        """Take the client's DTLS from now on. Later calls (a renegotiation) change nothing."""
        if not self._dtls.started:
            self._dtls.start(fingerprints)

    def on_dtls(self, datagram: bytes) -> None:
        self._dtls.feed(datagram)

    async def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.unmap()
            await self._dtls.close()
            self._flush()
            if self._stream is not None:
                self._stream.close()
        self.outgoing = self.incoming = None

    def _connected(self, outgoing: Guard, incoming: Guard) -> None:
        self.outgoing, self.incoming = outgoing, incoming
        self.receiver.on_connected()

    def _ended(self) -> None:
        if not self.closed:
            self.closed = True
            self.outgoing = self.incoming = None
            self.unmap()
            self.receiver.on_closed()

    # --- media ---------------------------------------------------------------------------------------------

    def on_media(self, data: memoryview, pointer: Any, size: int, now_s: float) -> None:
        """An SRTP or SRTCP packet in ``data``, opened where it lies."""
        guard = self.incoming
        if guard is None or size < 12:
            return
        if 192 <= data[1] <= 223:  # RFC 5761 §4
            size = guard.unprotect_rtcp(pointer, size)
            if size > 0:
                self.receiver.on_rtcp(bytes(data[:size]), now_s)
            return
        size = guard.unprotect(pointer, size)
        if size > 0:
            self.packets_in += 1
            self.bytes_in += size
            self.receiver.on_rtp(data, size, now_s)

    def send_media(self, packet: Packet, ssrc: int, numbers: Numbers, now_s: float) -> None:
        """Send a prepared packet with its own numbers. Nothing here allocates but numbers."""
        guard, plane = self.outgoing, self.plane
        if guard is None or plane is None:
            return
        place = plane.room()
        at = place * PLACE_BYTES
        view = plane.buffers.out_view
        size = packet.size
        view[at : at + size] = packet.data
        NUMBERS.pack_into(view, at + NUMBERS_AT, numbers[0], numbers[1], ssrc)
        seq = self.transport_seq
        self.transport_seq = (seq + 1) & 0xFFFF
        TRANSPORT.pack_into(view, at + TRANSPORT_AT, seq)
        picture_at = packet.picture_at
        if picture_at:
            if packet.tl0_at == picture_at + 2:
                PICTURE.pack_into(view, at + picture_at, 0x8000 | numbers[2], numbers[3])
            else:
                PICTURE_ALONE.pack_into(view, at + picture_at, 0x8000 | numbers[2])
        sealed = guard.protect(plane.buffers.out_at[place], size)
        if sealed < 0:
            return
        self.sent_s[seq & (HISTORY - 1)] = now_s
        self.sent_bytes[seq & (HISTORY - 1)] = sealed
        self.packets_out += 1
        self.bytes_out += sealed
        if self._stream is None:
            plane.put(sealed, self._destination)
        else:
            self._stream.write(bytes(view[at : at + sealed]))

    def send_rtp(self, data: bytes, now_s: float, *, probe: bool = False) -> None:
        """Send a whole packet of the prepared layout (retransmissions): only its transport number is ours to set."""
        guard, plane = self.outgoing, self.plane
        if guard is None or plane is None or len(data) + TRAILER_BYTES > PLACE_BYTES:
            return
        place = plane.room()
        at = place * PLACE_BYTES
        view = plane.buffers.out_view
        view[at : at + len(data)] = data
        seq = self.transport_seq
        self.transport_seq = (seq + 1) & 0xFFFF
        TRANSPORT.pack_into(view, at + TRANSPORT_AT, seq)
        sealed = guard.protect(plane.buffers.out_at[place], len(data))
        if sealed < 0:
            return
        self.sent_s[seq & (HISTORY - 1)] = now_s
        self.sent_bytes[seq & (HISTORY - 1)] = sealed
        if probe:
            self.probes.add(seq)
        self.packets_out += 1
        self.bytes_out += sealed
        self._leave(plane, place, sealed)

    def send_rtcp(self, data: bytes) -> None:
        guard, plane = self.outgoing, self.plane
        if guard is None or plane is None or len(data) + TRAILER_BYTES > PLACE_BYTES:
            return
        place = plane.room()
        at = place * PLACE_BYTES
        plane.buffers.out_view[at : at + len(data)] = data
        sealed = guard.protect_rtcp(plane.buffers.out_at[place], len(data))
        if sealed > 0:
            self._leave(plane, place, sealed)

    def send_datagram(self, data: bytes) -> None:
        """DTLS: leaves at once, it does not wait for a batch."""
        plane = self.plane
        if plane is None:
            return
        if self._stream is not None:
            self._stream.write(data)
            return
        self._put(plane, data, self._destination)
        plane.flush()

    def _leave(self, plane: Plane, place: int, size: int) -> None:
        if self._stream is None:
            plane.put(size, self._destination)
        else:
            at = place * PLACE_BYTES
            self._stream.write(bytes(plane.buffers.out_view[at : at + size]))

    def _flush(self) -> None:
        if self.plane is not None:
            self.plane.flush()

    @staticmethod
    def _put(plane: Plane, data: bytes, destination: Any) -> None:
        if len(data) > PLACE_BYTES:
            return
        place = plane.room()
        plane.buffers.out_view[place * PLACE_BYTES : place * PLACE_BYTES + len(data)] = data
        plane.put(len(data), destination)
