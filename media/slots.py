"""A slot of a receiver: one constant SSRC that carries whoever is put there, at the layer that fits.

A picture changes on a key frame only, a voice at once. Retransmissions are found by the number they left with.
"""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING

from .connection import Connection
from .media_lines import H264_RTX, VP8_RTX, SlotLine
from .packet import NUMBERS, NUMBERS_AT, PAYLOAD_AT, PICTURE, PICTURE_ALONE, Packet
from .rtcp import SenderReport, sender_report
from .switch import Continuation, Numbers, again

if TYPE_CHECKING:
    from .tracks import Layer, Track

NTP_EPOCH_S = 2_208_988_800
"""Between 1900 and 1970 (RFC 868)."""
RESENT_KEPT = 1_024


def new_ssrc() -> int:
    return secrets.randbelow(0xFFFF_FFFE) + 1


class Slot:
    def __init__(self, connection: Connection, mid: str, kind: str, stream: str) -> None:
        self.connection = connection
        self.line = SlotLine(mid, kind, new_ssrc(), new_ssrc() if kind == "video" else 0, stream)
        self.mid = mid
        self.audio = kind == "audio"
        self._ssrc = self.line.ssrc
        self.numbers: Continuation[Layer] = Continuation(
            secrets.randbelow(0x4000), secrets.randbelow(0x4000_0000), audio=self.audio
        )
        self.track: Track | None = None
        self.layer: Layer | None = None
        self.target: Layer | None = None
        self.cap_height = 0
        self.rank = 3
        self.packets = 0
        self.octets = 0
        self.resent = 0
        self.switches = 0
        self.loss = 0.0
        self.jitter = 0
        self._rtx_seq = secrets.randbelow(0x4000)
        self._resent_s: dict[int, float] = {}
        self._reported = 0

    # --- who is in it --------------------------------------------------------------------------------------

    def put(self, track: Track | None) -> None:
        """Another source, or none; the new one's first picture waits for a key frame."""
        if track is self.track:
            return
        self.leave()
        self.track = track
        if track is not None and self.audio:
            self.aim(track.layers[0])

    def leave(self) -> None:
        """Stop what is sent and what is waited for."""
        self.track = None
        self.aim(None)

    def aim(self, layer: Layer | None) -> None:
        """Send that layer from its next key frame on (a voice from its next packet); None stops at once."""
        if self.target is not None and self.target is not layer and self in self.target.waiting:
            self.target.waiting.remove(self)
        self.target = layer
        if layer is None:
            if self.layer is not None:
                self.layer.slots.remove(self)
                self.layer = None
            return
        if layer is not self.layer and self not in layer.waiting:
            layer.waiting.append(self)

    def turn(self, layer: Layer, packet: Packet, now_s: float) -> None:
        """The awaited packet is here: this layer follows."""
        layer.waiting.remove(self)
        if self.layer is not None:
            self.layer.slots.remove(self)
        self.layer = layer
        layer.slots.append(self)
        self.switches += 1
        self.numbers.begin(layer, packet.seq, packet.timestamp, packet.picture, packet.tl0, now_s)

    # --- what it sends -------------------------------------------------------------------------------------

    def send(self, packet: Packet, now_s: float) -> None:
        numbers = self.numbers.continued(packet.seq, packet.timestamp, packet.picture, packet.tl0, now_s)
        if numbers is not None:
            self.packets += 1
            self.octets += packet.size
            self.connection.send_media(packet, self._ssrc, numbers, now_s)

    def resend(self, seq16: int, now_s: float, rtt_s: float) -> bool:
        """Answer one number of a NACK: video by RTX (RFC 4588), audio as it was; not twice in one round trip."""
        found = self.numbers.find(seq16)
        if found is None:
            return False
        segment, seq = found
        packet = segment.source.ring.get(seq)
        last = self._resent_s.get(seq16)
        if packet is None or (last is not None and now_s - last < rtt_s):
            return False
        if len(self._resent_s) >= RESENT_KEPT:
            self._resent_s.clear()
        self._resent_s[seq16] = now_s
        self.resent += 1
        numbers = again(segment, packet.seq, packet.timestamp, packet.picture, packet.tl0)
        if self.audio:
            self.connection.send_media(packet, self._ssrc, numbers, now_s)
        else:
            self.connection.send_rtp(self._repair(packet, numbers, segment.source.track.codec), now_s)
        return True

    def probe(self, now_s: float) -> bool:
        """Send the last packet once more by RTX, for its weight alone; the receiver drops it."""
        layer = self.layer
        packet = layer.ring.get(layer.high) if layer is not None and layer.high is not None else None
        if layer is None or packet is None or packet.seq < self.numbers.first_in:
            return False
        numbers = again(self.numbers.segments[-1], packet.seq, packet.timestamp, packet.picture, packet.tl0)
        self.connection.send_rtp(self._repair(packet, numbers, layer.track.codec), now_s, probe=True)
        return True

    def _repair(self, packet: Packet, numbers: Numbers, codec: str) -> bytes:
        data = bytearray(packet.data)
        if packet.picture_at:
            if packet.tl0_at == packet.picture_at + 2:
                PICTURE.pack_into(data, packet.picture_at, 0x8000 | numbers.picture, numbers.tl0)
            else:
                PICTURE_ALONE.pack_into(data, packet.picture_at, 0x8000 | numbers.picture)
        self._rtx_seq = (self._rtx_seq + 1) & 0xFFFF
        NUMBERS.pack_into(data, NUMBERS_AT, self._rtx_seq, numbers.timestamp, self.line.rtx)
        data[1] = packet.marker << 7 | (VP8_RTX if codec == "vp8" else H264_RTX)
        head = PAYLOAD_AT["video"]
        return bytes(data[:head]) + struct.pack("!H", numbers.seq) + bytes(data[head:])

    def report(self, now_s: float, wall_s: float) -> bytes:
        """A sender report on the server's clock, so that picture and voice of one person stay in step; empty when
        nothing was sent since the last.
        """
        layer = self.layer
        if layer is None or layer.clock is None or self.packets == self._reported:
            return b""
        self._reported = self.packets
        ahead = round((now_s - layer.clock.at_s) * layer.track.clock_hz)
        stamp = (layer.clock.rtp + ahead + self.numbers.timestamp_shift) & 0xFFFFFFFF
        ntp = int((wall_s + NTP_EPOCH_S) * 2**32) & 0xFFFFFFFFFFFFFFFF
        return sender_report(SenderReport(self._ssrc, ntp, stamp, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF))
