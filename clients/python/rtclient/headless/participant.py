"""A headless participant: publishes recorded layers and a voice, receives into slots, tells feedback, counts what came.

How its descriptions reach the server is the caller's: over the hub, or straight to an SFU in a test.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from media import rtcp, rtp, sdp
from media.cache import Missing
from media.counting import unwrap16
from media.dtls import Certificate
from media.media_lines import H264_RTX, MID, RID, TRANSPORT_CC, TRANSPORT_CC_ID, VP8_RTX
from media.packet import TRANSPORT_AT, Packet
from media.switch import Numbers
from media.twcc import Arrivals

from . import descriptions as said
from .endpoint import Endpoint
from .recording import Piece, Player

FEEDBACK_S = 0.06
FRAME_S = 0.05
VOICE_S = 0.02
LAYERS = ("q", "h", "f")
STAMP = struct.Struct("!Q")


@dataclass(slots=True)
class Heard:
    """What came into one slot. ``gaps`` are numbers that never came, ``jumps`` are timestamps that ran backward."""

    packets: int = 0
    bytes: int = 0
    repaired: int = 0
    jumps: int = 0
    high: int | None = None
    timestamp: int = 0
    missing: Missing = field(default_factory=Missing)


class Sender:
    """The sending connection: layers and voice of the recording. Key frames are asked for and come at once."""

    def __init__(self, certificate: Certificate, layers: tuple[str, ...] = LAYERS, *, stamps: bool = False) -> None:
        self.endpoint = Endpoint(certificate, self)
        self.layers = layers
        self.level = 30
        """Loudness that the voice claims, −dBov."""
        self.key_frames = 0
        self.nacked = 0
        self.connected = asyncio.Event()
        self.drop: Callable[[int], bool] = lambda seq: False
        self.paused: set[str] = set()
        self._stamps = stamps
        self._players = {layer: Player(layer) for layer in (*layers, "opus")}
        self._ssrcs = {layer: secrets.randbelow(0xFFFFFFF0) + 1 for layer in self._players}
        self._seqs = {layer: secrets.randbelow(0x4000) for layer in self._players}
        self._rtx = {layer: (secrets.randbelow(0xFFFFFFF0) + 1, [secrets.randbelow(0x4000)]) for layer in layers}
        self._sent: dict[tuple[int, int], bytes] = {}
        self._restart: set[str] = set()

    def offer(self) -> str:
        connection = self.endpoint.connection
        return said.offer(connection.ufrag, connection.password, self.endpoint.fingerprint, self.layers)

    def answered(self, text: str) -> None:
        answer = sdp.parse(text)
        self.endpoint.open(answer.ufrag, answer.password, answer.fingerprints, address_of(text))

    def frame(self, now_s: float) -> int:
        """Send the next frame of every layer; the number of packets."""
        count = 0
        for layer in self.layers:
            if layer not in self.paused:
                count += self.layer_frame(layer, now_s)
        return count

    def layer_frame(self, layer: str, now_s: float) -> int:
        player = self._players[layer]
        if layer in self._restart:
            self._restart.discard(layer)
            player.restart()
        count = 0
        for piece in player.frame():
            self.piece(layer, piece, now_s)
            count += 1
        self.endpoint.flush()
        return count

    def piece(self, layer: str, piece: Piece, now_s: float) -> None:
        """One packet of a picture; it leaves with the next flush."""
        payload = piece.payload
        if self._stamps and len(payload) > 64:
            payload = payload[:-8] + STAMP.pack(time.monotonic_ns())
        head = {said.IDS[TRANSPORT_CC]: b"\0\0", said.IDS[MID]: b"1", said.IDS[RID]: layer.encode()}
        self._send(layer, said.VP8, piece.timestamp, piece.marker, payload, head, now_s)

    def voice(self, now_s: float) -> None:
        for piece in self._players["opus"].frame():
            head = {said.IDS[TRANSPORT_CC]: b"\0\0", said.IDS[MID]: b"0", 1: bytes([self.level & 0x7F])}
            self._send("opus", said.OPUS, piece.timestamp, piece.marker, piece.payload, head, now_s)
        self.endpoint.flush()

    def _send(
        self, layer: str, kind: int, stamp: int, marker: int, payload: bytes, head: dict[int, bytes], now_s: float
    ) -> None:
        seq = self._seqs[layer] = (self._seqs[layer] + 1) & 0xFFFF
        ssrc = self._ssrcs[layer]
        data = rtp.build(kind, seq, stamp, ssrc, payload, marker=marker, extensions=rtp.one_byte_block(head))
        self._sent[ssrc, seq] = data
        if len(self._sent) > 4_096:
            self._sent.pop(next(iter(self._sent)))
        if not self.drop(seq):
            self.endpoint.connection.send_media(Packet(seq, stamp, 0, data), ssrc, Numbers(seq, stamp, 0, 0), now_s)

    def on_rtp(self, data: memoryview, size: int, now_s: float) -> None:
        """A server sends no media to a sender."""

    def on_rtcp(self, data: bytes, now_s: float) -> None:
        by_ssrc = {ssrc: layer for layer, ssrc in self._ssrcs.items()}
        for part in rtcp.parse(data):
            if isinstance(part, rtcp.KeyFrameRequest) and part.media in by_ssrc:
                self.key_frames += 1
                self._restart.add(by_ssrc[part.media])
            elif isinstance(part, rtcp.Nack) and part.media in by_ssrc:
                self.nacked += len(part.seqs)
                for seq in part.seqs:
                    self._repair(by_ssrc[part.media], part.media, seq, now_s)

    def _repair(self, layer: str, ssrc: int, seq: int, now_s: float) -> None:
        data = self._sent.get((ssrc, seq))
        header = rtp.parse(data, len(data)) if data is not None else None
        if data is None or header is None:
            return
        if layer == "opus":
            again = Numbers(seq, header.timestamp, 0, 0)
            self.endpoint.connection.send_media(Packet(seq, header.timestamp, 0, data), ssrc, again, now_s)
            return
        rtx, counter = self._rtx[layer]
        counter[0] = (counter[0] + 1) & 0xFFFF
        head = {said.IDS[TRANSPORT_CC]: b"\0\0", said.IDS[MID]: b"1", 6: layer.encode()}
        payload = struct.pack("!H", seq) + data[header.payload : header.end]
        repair = rtp.build(
            said.RTX, counter[0], header.timestamp, rtx, payload, marker=header.marker,
            extensions=rtp.one_byte_block(head),
        )  # fmt: skip
        numbers = Numbers(counter[0], header.timestamp, 0, 0)
        self.endpoint.connection.send_media(Packet(counter[0], header.timestamp, 0, repair), rtx, numbers, now_s)

    def on_connected(self) -> None:
        self.connected.set()

    def on_closed(self) -> None:
        """The server has ended it."""


class Listener:
    """The receiving connection: counts, asks for what is missing, tells transport feedback."""

    def __init__(self, certificate: Certificate, *, stamps: bool = False) -> None:
        self.endpoint = Endpoint(certificate, self)
        self.slots: dict[str, Heard] = {}
        self.delays_ns: list[int] = []
        self.connected = asyncio.Event()
        self.packets = 0
        self._stamps = stamps
        self._by_ssrc: dict[int, tuple[str, bool]] = {}
        self._arrivals = Arrivals()
        self._media = 0

    def answer(self, text: str) -> str:
        offered = sdp.parse(text)
        for section in offered.sections:
            heard = self.slots.setdefault(section.mid, Heard())
            assert isinstance(heard, Heard)
            for ssrc in section.ssrcs:
                self._by_ssrc[ssrc] = (section.mid, ssrc in section.pairs)
        connection = self.endpoint.connection
        if connection.plane is None:
            self.endpoint.open(offered.ufrag, offered.password, offered.fingerprints, address_of(text))
        return said.answer(offered, connection.ufrag, connection.password, self.endpoint.fingerprint)

    def on_rtp(self, data: memoryview, size: int, now_s: float) -> None:
        header = rtp.parse(data, size)
        if header is None or header.ssrc not in self._by_ssrc:
            return
        mid, repair = self._by_ssrc[header.ssrc]
        told = data[TRANSPORT_AT] << 8 | data[TRANSPORT_AT + 1]
        assert data[TRANSPORT_AT - 1] >> 4 == TRANSPORT_CC_ID
        self._arrivals.add(told, now_s)
        self._media = header.ssrc
        heard = self.slots[mid]
        self.packets += 1
        if repair and header.payload_type in {VP8_RTX, H264_RTX}:
            original = data[header.payload] << 8 | data[header.payload + 1]
            seq = unwrap16(original, heard.high or 0)
            if seq in heard.missing:
                heard.repaired += 1
                heard.missing.heard(seq, now_s)
            return
        seq = header.seq + 0x10000 if heard.high is None else unwrap16(header.seq, heard.high)
        heard.packets += 1
        heard.bytes += size
        if heard.high is None or seq > heard.high:
            if heard.high is not None and (header.timestamp - heard.timestamp) & 0x80000000:
                heard.jumps += 1
            heard.high, heard.timestamp = seq, header.timestamp
        elif seq in heard.missing:
            heard.repaired += 1
        heard.missing.heard(seq, now_s)
        if self._stamps and header.end - header.payload > 64:
            self.delays_ns.append(time.monotonic_ns() - STAMP.unpack_from(data, header.end - 8)[0])

    def on_rtcp(self, data: bytes, now_s: float) -> None:
        """Sender reports are of no use to who decodes nothing."""

    def feedback(self, now_s: float) -> None:
        connection = self.endpoint.connection
        for fci in self._arrivals.take():
            connection.send_rtcp(rtcp.transport_feedback(1, self._media, fci))
        primaries = {mid: ssrc for ssrc, (mid, repair) in self._by_ssrc.items() if not repair}
        for mid, heard in self.slots.items():
            due = heard.missing.due(now_s, 0.05) if len(heard.missing) else []
            if due:
                connection.send_rtcp(rtcp.nack(1, primaries[mid], [seq & 0xFFFF for seq in due]))
        self.endpoint.flush()

    def ask_key_frame(self, mid: str) -> None:
        ssrc = next(ssrc for ssrc, (at, repair) in self._by_ssrc.items() if at == mid and not repair)
        self.endpoint.connection.send_rtcp(rtcp.pli(1, ssrc))
        self.endpoint.flush()

    def on_connected(self) -> None:
        self.connected.set()

    def on_closed(self) -> None:
        """The server has ended it."""


class Headless:
    """Both connections and the clock that drives them: 20 frames and 50 packets of sound a second."""

    def __init__(self, certificate: Certificate, layers: tuple[str, ...] = LAYERS, *, speaks: bool = True) -> None:
        self.sender = Sender(certificate, layers)
        self.listener = Listener(certificate)
        self._speaks = speaks
        self._task: asyncio.Task[None] | None = None

    async def join(
        self, answer: Callable[[str], Awaitable[None]], publish: Callable[[str], Awaitable[str]], offer: str
    ) -> None:
        """``offer`` is the server's; ``answer`` and ``publish`` carry our descriptions to it."""
        await answer(self.listener.answer(offer))
        self.sender.answered(await publish(self.sender.offer()))
        async with asyncio.timeout(20):
            await self.sender.connected.wait()
            await self.listener.connected.wait()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="headless")

    async def _run(self) -> None:
        tick, due_s = 0, time.monotonic()
        while True:
            now_s = time.monotonic()
            if self._speaks:
                self.sender.voice(now_s)
            if tick % 5 in {0, 2}:  # every 40 or 60 ms: 20 frames a second on a beat of 20 ms
                self.sender.frame(now_s)
            if tick % 3 == 0:
                self.listener.feedback(now_s)
            tick += 1
            due_s = max(due_s + VOICE_S, now_s - 0.2)
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.sender.endpoint.close()
        await self.listener.endpoint.close()


def address_of(text: str) -> tuple[str, int]:
    """The server's first UDP candidate."""
    for line in text.splitlines():
        words = line.split()
        if line.startswith("a=candidate:") and words[2] == "udp":
            return words[4], int(words[5])
    raise sdp.SdpError("no candidate")
