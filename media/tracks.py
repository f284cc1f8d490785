"""What a participant publishes: tracks and their simulcast layers. A layer keeps its last packets, its holes and its
clock; who gets them is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cache import Missing, Ring
from .counting import unwrap16
from .packet import Packet

if TYPE_CHECKING:
    from .slots import Slot

KEY_FRAME_EVERY_S = 0.3
"""Between two requests for one layer: a key frame comes 25–82 ms after one, and 300 kB more often helps nobody."""
ALIVE_S = 1.5
"""A layer that brought nothing so long is not there: paused, cut by the browser, or its line is too thin."""


@dataclass(slots=True)
class Clock:
    """A sender report's instant on the server's clock: ``rtp`` was there at ``at_s``."""

    at_s: float
    rtp: int


class Layer:
    """One encoding: its packets come by ``ssrc``, its repairs by ``rtx``."""

    def __init__(self, track: Track, rid: str, height: int) -> None:
        self.track = track
        self.rid = rid
        self.height = height
        self.ssrc = 0
        self.rtx = 0
        self.slots: list[Slot] = []
        """That forward it now."""
        self.waiting: list[Slot] = []
        """That will, from its next key frame on."""
        self.ring: Ring[Packet] = Ring()
        self.missing = Missing()
        self.high: int | None = None
        self.clock: Clock | None = None
        self.heard_s = float("-inf")
        self.bps = 0.0
        self.packets = 0
        self.bytes = 0
        self.jitter = 0.0
        self.report: tuple[int, float] | None = None
        """The last sender report's middle 32 bits of NTP, and when it came."""
        self.reported: tuple[int, int] = (0, 0)
        """Expected and received at the last receiver report."""
        self.first: int | None = None
        self._transit: float | None = None
        self._counted = 0
        self._asked_s = float("-inf")

    def unwrapped(self, seq: int) -> int:
        return seq + 0x10000 if self.high is None else unwrap16(seq, self.high)

    def fresh(self, seq: int) -> bool:
        """Neither a double nor one from before the window."""
        return self.high is None or seq > self.high or seq in self.missing

    def keep(self, packet: Packet, now_s: float) -> None:
        seq = packet.seq
        if self.high is None:
            self.first = seq
        if self.high is None or seq > self.high:
            self.high = seq
            transit = now_s * self.track.clock_hz - packet.timestamp  # RFC 3550 §A.8
            if self._transit is not None:
                step = abs(transit - self._transit)
                if step < self.track.clock_hz:
                    self.jitter += (step - self.jitter) / 16
            self._transit = transit
        self.missing.heard(seq, now_s)
        self.ring.put(seq, packet)
        self.heard_s = now_s
        self.packets += 1
        self.bytes += packet.size

    def alive(self, now_s: float) -> bool:
        return now_s - self.heard_s < ALIVE_S

    def measure(self, elapsed_s: float) -> None:
        """Fold the bytes since the last measure into ``bps``."""
        now = (self.bytes - self._counted) * 8 / elapsed_s
        self._counted = self.bytes
        self.bps += 0.4 * (now - self.bps) if self.bps else now

    def wants_key_frame(self, now_s: float) -> bool:
        """Whether to ask the publisher now; requests that come closer are joined."""
        if now_s - self._asked_s < KEY_FRAME_EVERY_S:
            return False
        self._asked_s = now_s
        return True


class Track:
    """A microphone, a camera, a screen or its sound. ``layers`` go from the smallest to the largest."""

    def __init__(
        self, key: str, participant: str, name: str, kind: str, codec: str, payload_type: int, rtx_type: int | None
    ) -> None:
        self.key = key
        self.participant = participant
        self.name = name
        self.kind = kind
        self.codec = codec
        self.payload_type = payload_type
        self.rtx_type = rtx_type
        self.clock_hz = 48_000 if kind == "audio" else 90_000
        self.layers: list[Layer] = []
        self.wanted = -1
        """Index of the largest layer that anybody wants, −1: nobody."""
