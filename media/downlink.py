"""A participant's receiving connection: its slots, what its line takes, and which layer each picture gets.

Who is in which slot comes from outside; voices are put by ``hear``. What does not fit is lowered or paused by rank, and
the rung of the ladder says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .allocate import PAUSED, Ladder, Picture, Rank, Rung, allocate, fitting_rung
from .connection import HISTORY, Connection
from .dtls import Certificate
from .estimator import Acked, Estimator, Limits
from .media_lines import SlotLine
from .rtcp import KeyFrameRequest, Nack, ReceiverReport, SenderReport, TransportFeedback, cname, parse
from .slots import NTP_EPOCH_S, Slot
from .tracks import Layer, Track
from .twcc import TICK_S, read

SCREENS, VIDEOS, SCREEN_SOUNDS, VOICES = 1, 16, 1, 4
"""Slots of a new receiver: thirty idle m-lines cost nothing that matters, renegotiation does."""
VIDEOS_MOST = 48
NACKS_MOST = 128
"""Numbers answered in one second and slot beyond what was lost would be an amplifier."""
PROBE_STEPS = 4
PROBE_SPAN_S = 0.020
PROBE_EVERY_S = 2.0
PROBE_MOST_S = 30.0


@dataclass(frozen=True, slots=True)
class Show:
    """Who shall be in a slot: a track's key (None empties it), how high the picture is shown, its rank."""

    mid: str
    track: str | None
    height: int
    rank: int


class Downlink:
    """``want_key(layer)`` asks a publisher; ``told_rung(rung)`` tells the client."""

    def __init__(
        self,
        certificate: Certificate,
        limits: Limits,
        want_key: Callable[[Layer, float], None],
        told_rung: Callable[[Rung], None],
    ) -> None:
        self.connection = Connection(certificate, self)
        self.estimator = Estimator(limits)
        self.ladder = Ladder()
        self._want_key = want_key
        self._told_rung = told_rung
        self.pictures: list[Slot] = []
        self.voices: list[Slot] = []
        self._by_ssrc: dict[int, Slot] = {}
        self._order: list[Slot] = []
        self.version = 0
        self.rtt_s = 0.1
        self.connected = False
        self._feedback_clock: tuple[int, float] | None = None
        self._probed_s = float("-inf")
        self._probe_wait_s = PROBE_EVERY_S
        self._probing = 0
        for n in range(SCREENS):
            self._add(f"s{n}", "video", "screen")
        for n in range(SCREEN_SOUNDS):
            self._add(f"a{n}", "audio", "screen")
        for n in range(VOICES):  # the first voice and the first picture are the teacher's: one stream, lips in step
            self._add(f"p{n}", "audio", "teacher" if n == 0 else f"p{n}")
        self.grow(VIDEOS)

    def grow(self, videos: int) -> bool:
        """At least so many picture slots; whether there are new ones to offer."""
        have = sum(slot.mid.startswith("v") for slot in self._order)
        wanted = min(videos, VIDEOS_MOST)
        for n in range(have, wanted):
            self._add(f"v{n}", "video", "teacher" if n == 0 else f"v{n}")
        return wanted > have

    def _add(self, mid: str, kind: str, stream: str) -> None:
        slot = Slot(self.connection, mid, kind, stream)
        self._order.append(slot)
        self._by_ssrc[slot.line.ssrc] = slot
        if kind == "video" or mid.startswith("a"):
            self.pictures.append(slot)
        else:
            self.voices.append(slot)

    def lines(self) -> list[SlotLine]:
        return [slot.line for slot in self._order]

    def slot(self, mid: str) -> Slot | None:
        return next((slot for slot in self.pictures if slot.mid == mid), None)

    # --- who is where --------------------------------------------------------------------------------------

    def show(self, wanted: Sequence[Show], tracks: dict[str, Track], now_s: float) -> None:
        for one in wanted:
            slot = self.slot(one.mid)
            if slot is None:
                continue
            track = tracks.get(one.track) if one.track is not None else None
            if track is not None and (track.kind == "audio") != slot.audio:
                track = None
            slot.cap_height, slot.rank = one.height, one.rank
            slot.put(track)
        self.decide(now_s)

    def hear(self, chosen: Sequence[Track], always: set[str]) -> None:
        """Put the voices: who is always heard into the first slot, the others where they are or where it is free."""
        wanted = {track.key: track for track in chosen}
        for slot in self.voices:
            if slot.track is not None and slot.track.key not in wanted:
                slot.leave()
        placed = {slot.track.key for slot in self.voices if slot.track is not None}
        for key, track in wanted.items():
            if key in placed:
                continue
            order = self.voices if key in always else [*self.voices[1:], self.voices[0]]
            free = next((slot for slot in order if slot.track is None), None)
            if free is not None:
                free.put(track)

    # --- the line ------------------------------------------------------------------------------------------

    def decide(self, now_s: float) -> None:
        """Which layer each picture gets, by rank and by what the line takes."""
        layers: dict[str, list[Layer]] = {}
        pictures: list[Picture] = []
        for slot in self.pictures:
            track = slot.track
            if track is None or slot.audio:
                continue
            usable = [layer for layer in capped(track, slot.cap_height) if layer.alive(now_s)]
            layers[slot.mid] = usable
            present = next((n for n, layer in enumerate(usable) if layer is slot.layer), PAUSED)
            rates = [max(layer.bps, 20_000.0) for layer in usable]
            pictures.append(Picture(slot.mid, Rank(slot.rank), rates, present))
        voices = sum(slot.track is not None for slot in self.voices)
        rate = self.estimator.rate_bps
        if self.ladder.step(fitting_rung(rate, voices, pictures), now_s):
            self._told_rung(self.ladder.rung)
        chosen = allocate(rate, voices, pictures, self.ladder.rung)
        short = False
        for slot in self.pictures:
            if slot.audio:
                if slot.track is not None and slot.target is None:
                    slot.aim(slot.track.layers[0])
                continue
            usable = layers.get(slot.mid, [])
            index = chosen.get(slot.mid, PAUSED)
            if index == PAUSED:
                slot.aim(None)
            else:
                slot.aim(usable[index])
                if usable[index] is not slot.layer:
                    self._want_key(usable[index], now_s)
            short = short or index < len(usable) - 1
        self._probe_if(short, now_s)

    def _probe_if(self, short: bool, now_s: float) -> None:
        calm = self.estimator.queue_s < 0.02 and self.estimator.loss < 0.1
        if not short:
            self._probe_wait_s = PROBE_EVERY_S
        elif calm and now_s - self._probed_s > self._probe_wait_s:
            self._probed_s = now_s
            self._probe_wait_s = min(PROBE_MOST_S, self._probe_wait_s * 1.5)
            self._probing = PROBE_STEPS

    @property
    def probing(self) -> bool:
        return self._probing > 0

    def probe(self, now_s: float) -> None:
        """One of the steps of a probe: together they are twice the rate for 20 ms."""
        self._probing -= 1
        slot = next((one for one in self.pictures if one.layer is not None and not one.audio), None)
        if slot is None:
            self._probing = 0
            return
        count = max(2, round(self.estimator.rate_bps * 2 * PROBE_SPAN_S / 8 / 1_100 / PROBE_STEPS))
        for _ in range(min(count, 16)):
            if not slot.probe(now_s):
                break

    # --- packets -------------------------------------------------------------------------------------------

    def on_rtp(self, data: memoryview, size: int, now_s: float) -> None:
        """A receiver sends no media."""

    def on_rtcp(self, data: bytes, now_s: float) -> None:
        for part in parse(data):
            if isinstance(part, TransportFeedback):
                self._acknowledged(part.fci, now_s)
            elif isinstance(part, Nack):
                slot = self._by_ssrc.get(part.media)
                if slot is not None:
                    for seq in part.seqs[:NACKS_MOST]:
                        slot.resend(seq, now_s, self.rtt_s)
            elif isinstance(part, KeyFrameRequest):
                slot = self._by_ssrc.get(part.media)
                if slot is not None and slot.layer is not None:
                    self._want_key(slot.layer, now_s)
            elif isinstance(part, ReceiverReport | SenderReport):
                for block in part.blocks:
                    slot = self._by_ssrc.get(block.ssrc)
                    if slot is None:
                        continue
                    slot.loss, slot.jitter = block.fraction_lost / 256, block.jitter
                    if block.lsr:
                        ntp = int((now_s + NTP_EPOCH_S) * 65_536) & 0xFFFFFFFF
                        rtt = ((ntp - block.lsr - block.dlsr) & 0xFFFFFFFF) / 65_536
                        if rtt < 10:
                            self.rtt_s += 0.3 * (rtt - self.rtt_s)

    def _acknowledged(self, fci: bytes, now_s: float) -> None:
        told = read(fci)
        if told is None:
            return
        _, reference, fates = told
        # the 24-bit reference wraps every 12 days; its own clock is enough, only differences count
        base_s = reference * 0.064
        connection = self.connection
        acked = []
        newest = connection.transport_seq
        for seq, ticks in fates:
            if (newest - seq - 1) & 0xFFFF >= HISTORY:
                continue
            at = seq & (HISTORY - 1)
            probe = seq in connection.probes
            if probe:
                connection.probes.discard(seq)
            arrival = None if ticks is None else base_s + ticks * TICK_S
            acked.append(Acked(connection.sent_s[at], arrival, connection.sent_bytes[at], probe))
        if acked:
            self.estimator.feed(acked, now_s)

    def report(self, now_s: float) -> None:
        """Once a second: sender reports on our clock. ``now_s`` is told as wall time: only differences count."""
        for slot in self._order:
            told = slot.report(now_s, now_s)
            if told:
                self.connection.send_rtcp(told + cname(slot.line.ssrc, slot.line.stream))

    def on_connected(self) -> None:
        self.connected = True

    def on_closed(self) -> None:
        self.connected = False


def capped(track: Track, height: int) -> list[Layer]:
    """Layers up to the smallest that is as high as it is shown; all where heights are not known."""
    if height <= 0:
        return track.layers
    for n, layer in enumerate(track.layers):
        if layer.height >= height or layer.height <= 0:
            return track.layers[: n + 1] if layer.height > 0 else track.layers
    return track.layers
