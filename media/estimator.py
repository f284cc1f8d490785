"""How much a receiver's line takes: delay first, loss second, from transport-wide feedback. Pure: no clock, no I/O.

A simple relative of Google's congestion control (draft-ietf-rmcat-gcc-02): queueing delay above a quiet base means
overuse, then the rate falls below what arrives; in calm it climbs, quickly only by probes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW_S = 0.5
"""Over which what arrives is measured."""
BASE_S = 10.0
"""The quiet base is the least delay of so long; clocks drift less than 1 ms in it."""
OVERUSE_S = 0.050
"""Standing queue that counts as overuse; jitter of school Wi-Fi stays under it in the mean."""
CALM_S = 0.025
SMOOTHING = 0.1
BACK_OFF = 0.85
"""draft-ietf-rmcat-gcc-02 §5.5."""
CLIMB_PER_S = 1.08
"""§5.5: eight percent a second."""
LOSS_HIGH = 0.10
"""§6: under ten percent of loss is no reason to slow down."""
LOSS_FLOOR_BPS = 400_000
"""Loss alone does not push lower: what remains is a bad radio, not a full line."""
APP_LIMIT = 1.5
"""The rate is not trusted above 1.5 times what has really arrived (§5.5), except by a probe."""


@dataclass(frozen=True, slots=True)
class Limits:
    start_bps: int = 2_500_000
    least_bps: int = 50_000
    most_bps: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Acked:
    """One packet told by a feedback; ``arrival_s`` is of the receiver's clock, None when it did not arrive."""

    sent_s: float
    arrival_s: float | None
    size_bytes: int
    probe: bool = False


class Estimator:
    """``rate_bps`` is what may be sent, audio included."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self.rate_bps = float(self._limits.start_bps)
        self.queue_s = 0.0
        self.loss = 0.0
        self.received_bps = 0.0
        self._arrived: deque[tuple[float, int]] = deque()
        self._arrived_bytes = 0
        self._bases: deque[tuple[float, float]] = deque()
        self._delay: float | None = None
        self._fates: deque[tuple[float, int, int]] = deque()
        self._changed_s = float("-inf")
        self._climbed_s: float | None = None

    def feed(self, acked: list[Acked], now_s: float) -> None:
        """Take one feedback's packets in the order of sending."""
        lost = 0
        probe: list[Acked] = []
        for one in acked:
            if one.arrival_s is None:
                lost += 1
                continue
            self._take(one.arrival_s - one.sent_s, one.arrival_s, one.size_bytes, now_s)
            if one.probe:
                probe.append(one)
        if not acked:
            return
        self._fates.append((now_s, len(acked), lost))
        while self._fates[0][0] < now_s - 1.0:
            self._fates.popleft()
        told = sum(count for _, count, _ in self._fates)
        self.loss = sum(gone for _, _, gone in self._fates) / told if told >= 20 else 0.0
        if self._delay is not None:
            self.queue_s = max(0.0, self._delay - min(base for _, base in self._bases))
        self._decide(now_s)
        self._trust(probe)

    def _take(self, delay: float, arrival_s: float, size: int, now_s: float) -> None:
        self._delay = delay if self._delay is None else self._delay + SMOOTHING * (delay - self._delay)
        if self._bases and now_s - self._bases[-1][0] < 1.0:
            self._bases[-1] = (self._bases[-1][0], min(self._bases[-1][1], delay))
        else:
            self._bases.append((now_s, delay))
            while self._bases[0][0] < now_s - BASE_S:
                self._bases.popleft()
        self._arrived.append((arrival_s, size))
        self._arrived_bytes += size
        while self._arrived[0][0] < arrival_s - WINDOW_S:
            self._arrived_bytes -= self._arrived.popleft()[1]
        self.received_bps = self._arrived_bytes * 8 / WINDOW_S

    def _decide(self, now_s: float) -> None:
        since, self._climbed_s = self._climbed_s, now_s
        if self.queue_s > OVERUSE_S:
            if now_s - self._changed_s >= 0.3:
                self._set(min(self.rate_bps, BACK_OFF * self.received_bps), now_s)
        elif self.loss > LOSS_HIGH:
            if now_s - self._changed_s >= 1.0 and self.rate_bps > LOSS_FLOOR_BPS:
                self._set(max(LOSS_FLOOR_BPS, self.rate_bps * (1 - 0.5 * self.loss)), now_s)
        elif self.queue_s < CALM_S and since is not None and self.received_bps * APP_LIMIT > self.rate_bps:
            grown = self.rate_bps * CLIMB_PER_S ** min(1.0, now_s - since)
            self.rate_bps = min(self._limits.most_bps, grown)

    def _trust(self, probe: list[Acked]) -> None:
        """A cluster that went faster than the rate and arrived without a queue: the line takes that much."""
        if len(probe) < 4 or self.queue_s > CALM_S:
            return
        arrivals = [one.arrival_s for one in probe if one.arrival_s is not None]
        span = max(arrivals) - min(arrivals)
        sent = max(one.sent_s for one in probe) - min(one.sent_s for one in probe)
        if max(span, sent) <= 0.001:
            return
        rate = sum(one.size_bytes for one in probe[1:]) * 8 / max(span, sent)
        # what else arrived in that time came beside the probe
        self.rate_bps = min(self._limits.most_bps, max(self.rate_bps, BACK_OFF * (rate + self.received_bps * 0.5)))

    def _set(self, rate_bps: float, now_s: float) -> None:
        self.rate_bps = max(self._limits.least_bps, rate_bps)
        self._changed_s = now_s
