"""Publishers and receivers of the media benchmark: the recording's packets at a given pace; nothing is decoded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

from rtclient.headless.participant import Listener, Sender
from rtclient.headless.recording import Piece

from media.dtls import Certificate

CERTIFICATE = Certificate()


class Source(Sender):
    """One layer, packet by packet, so that a benchmark chooses the pace; delays can be stamped into the payloads."""

    def __init__(self, layers: tuple[str, ...] = ("f",), *, stamps: bool = False) -> None:
        super().__init__(CERTIFICATE, layers, stamps=stamps)
        self.packets = 0
        self._flow = {layer: self._pieces(layer) for layer in layers}

    def _pieces(self, layer: str) -> Iterator[Piece]:
        while True:
            if layer in self._restart:
                self._restart.discard(layer)
                self._players[layer].restart()
            yield from self._players[layer].frame()

    def send(self, layer: str, count: int, now_s: float) -> None:
        """The next ``count`` packets at once."""
        for _ in range(count):
            self.piece(layer, next(self._flow[layer]), now_s)
        self.packets += count
        self.endpoint.flush()


class Pace:
    """Packets a second of one layer of one source, in bursts of so many."""

    def __init__(self, source: Source, layer: str, per_s: float, burst: int, phase: float) -> None:
        self.source, self.layer, self.burst = source, layer, burst
        self.every_s = burst / per_s
        self.due_s = time.monotonic() + self.every_s * phase


async def drive(paces: Sequence[Pace], voices: Sequence[Source], listeners: Sequence[Listener], seconds: float) -> None:
    """Send at these paces, tell feedback each 60 ms, until the time is over. Works in steps of about a millisecond."""
    now_s = time.monotonic()
    end_s, heard_s = now_s + seconds, now_s
    voiced = {voice: now_s + 0.02 * n / max(1, len(voices)) for n, voice in enumerate(voices)}
    turn = 0
    while now_s < end_s:
        for pace in paces:
            while pace.due_s <= now_s:
                pace.due_s += pace.every_s
                pace.source.send(pace.layer, pace.burst, now_s)
        for voice, due_s in voiced.items():
            if due_s <= now_s:
                voiced[voice] = due_s + 0.02
                voice.voice(now_s)
        if now_s - heard_s > 0.06 / 8:  # an eighth of them at a time
            heard_s = now_s
            for listener in listeners[turn::8]:
                listener.feedback(now_s)
            turn = (turn + 1) % 8
        await asyncio.sleep(0.001)
        now_s = time.monotonic()
