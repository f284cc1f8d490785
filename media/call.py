"""One call inside the worker: its participants, who hears whom, who sees whom. It knows ids, no names and no rights."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from . import media_lines, sdp
from .allocate import Rung
from .control import Rows
from .downlink import Downlink, Show, capped
from .dtls import Certificate
from .estimator import Limits
from .levels import Voices
from .media_lines import LocalTransport
from .port import Port
from .tracks import Layer, Track
from .uplink import Uplink

SPEAKERS_EVERY_S = 0.25
"""Speaker changes are told at most four times a second."""

Tell = Callable[[str, str, dict[str, object]], None]
"""(kind, participant or "", fields)."""


@dataclass(slots=True)
class Participant:
    key: str
    downlink: Downlink
    uplink: Uplink
    shown: dict[str, Show] = field(default_factory=dict)
    gone: bool = False


class Call:
    def __init__(self, key: str, generation: int, port: Port, certificate: Certificate, limits: Limits, tell: Tell):
        self.key = key
        self.generation = generation
        self.participants: dict[str, Participant] = {}
        self._port = port
        self._certificate = certificate
        self._limits = limits
        self._tell = tell
        self._voices: Voices[str] = Voices()
        self._tracks: dict[str, Track] = {}
        self._speaking: list[str] = []
        self._spoke_s = float("-inf")

    # --- orders --------------------------------------------------------------------------------------------

    def join(self, key: str) -> str:
        """A new participant's receiving offer. Joining again begins anew: the old connections are dropped."""
        if key in self.participants:
            self.leave(key)

        def tell_rung(rung: Rung) -> None:
            self._tell("rung", key, {"rung": int(rung)})

        downlink = Downlink(self._certificate, self._limits, self._want_key, tell_rung)
        uplink = Uplink(key, self._certificate, self._voices, self._tracks_changed)
        self._port.add(downlink.connection)
        self._port.add(uplink.connection)
        self.participants[key] = Participant(key, downlink, uplink)
        return self._offer(downlink)

    def _offer(self, downlink: Downlink) -> str:
        downlink.version += 1
        return media_lines.offer(self._local(downlink.connection), downlink.lines(), downlink.version)

    def grow(self, key: str, videos: int) -> str:
        """An offer with more picture slots, or an empty string when there are enough."""
        downlink = self.participants[key].downlink
        return self._offer(downlink) if downlink.grow(videos) else ""

    def publish(self, key: str, offer: str, names: dict[str, str], heights: dict[str, list[int]]) -> str:
        """The answer to a publisher's offer. Raises ``SdpError``."""
        uplink = self.participants[key].uplink
        read = sdp.parse(offer)
        rows = uplink.take(read, names, heights)
        return media_lines.answer(read, self._local(uplink.connection), rows)

    def answer(self, key: str, answer: str) -> None:
        """The client's answer to its receiving offer. Raises ``SdpError``."""
        read = sdp.parse(answer)
        if read.setup not in {"active", "actpass"}:
            raise sdp.SdpError("the client must open DTLS (a=setup:active)")
        self.participants[key].downlink.connection.start(read.fingerprints)

    def show(self, key: str, wanted: list[Show], now_s: float) -> None:
        person = self.participants[key]
        for one in wanted:
            person.shown[one.mid] = one
        person.downlink.show(list(person.shown.values()), self._tracks, now_s)
        self._wants(now_s)

    def always(self, tracks: set[str]) -> None:
        """Voices that are heard always: the teacher's."""
        self._voices.always = tracks

    def leave(self, key: str) -> asyncio.Task[None] | None:
        person = self.participants.pop(key, None)
        if person is None:
            return None
        person.gone = True
        for slot in (*person.downlink.pictures, *person.downlink.voices):
            slot.leave()
        for track in person.uplink.tracks.values():
            Uplink.retire(track)
            self._voices.remove(track.key)
        self._tracks_changed()

        async def close() -> None:
            await person.downlink.connection.close()
            await person.uplink.connection.close()

        return asyncio.get_running_loop().create_task(close(), name=f"leave-{key}")

    def _local(self, connection: object) -> LocalTransport:
        held = connection
        return LocalTransport(
            held.ufrag,  # type: ignore[attr-defined] # a Connection
            held.password,  # type: ignore[attr-defined] # a Connection
            self._certificate.fingerprint,
            self._port.candidates,
        )

    # --- what follows --------------------------------------------------------------------------------------

    def _tracks_changed(self) -> None:
        """Tell which tracks there are, and put those back that are awaited in a slot."""
        tracks = {track.key: track for person in self.participants.values() for track in person.uplink.tracks.values()}
        self._tracks = tracks
        rows = [{"key": t.key, "participant": t.participant, "name": t.name, "kind": t.kind} for t in tracks.values()]
        self._tell("tracks", "", {"tracks": rows})
        now_s = time.monotonic()
        for person in self.participants.values():
            person.downlink.show(list(person.shown.values()), tracks, now_s)
        self._wants(now_s)

    def _wants(self, now_s: float) -> None:
        """Which layers anybody wants: the publisher pauses the others."""
        wanted = dict.fromkeys(self._tracks, -1)
        for person in self.participants.values():
            for slot in person.downlink.pictures:
                track = slot.track
                if track is not None and not slot.audio and track.key in wanted:
                    wanted[track.key] = max(wanted[track.key], len(capped(track, slot.cap_height)) - 1)
        for key, index in wanted.items():
            track = self._tracks[key]
            if track.kind == "video" and track.wanted != index:
                track.wanted = index
                rids = [layer.rid for layer in track.layers[: index + 1]]
                self._tell("layers", track.participant, {"mid": key.partition("/")[2], "active": rids})

    def _want_key(self, layer: Layer, now_s: float) -> None:
        person = self.participants.get(layer.track.participant)
        if person is not None:
            person.uplink.ask_key_frame(layer, now_s)

    # --- time ----------------------------------------------------------------------------------------------

    def feedback(self, now_s: float) -> None:
        """Every 50 ms."""
        chosen = [self._tracks[key] for key in self._voices.choose(now_s) if key in self._tracks]
        for person in self.participants.values():
            person.uplink.feedback(now_s)
            heard = [t for t in chosen if t.participant != person.key and t.name == "microphone"]
            person.downlink.hear(heard, self._voices.always)
        if now_s - self._spoke_s >= SPEAKERS_EVERY_S:
            speaking = [key.partition("/")[0] for key in self._voices.speaking(now_s)][:4]
            if speaking != self._speaking:
                self._speaking, self._spoke_s = speaking, now_s
                self._tell("speakers", "", {"speakers": speaking})

    def decide(self, now_s: float, elapsed_s: float) -> None:
        """Every 200 ms."""
        for track in self._tracks.values():
            for layer in track.layers:
                layer.measure(elapsed_s)
                if layer.waiting and layer.alive(now_s):
                    self._want_key(layer, now_s)
        for person in self.participants.values():
            person.downlink.decide(now_s)

    def probe(self, now_s: float) -> None:
        """Every 5 ms, while anybody probes."""
        for person in self.participants.values():
            if person.downlink.probing:
                person.downlink.probe(now_s)

    def second(self, now_s: float) -> list[str]:
        """Reports; gives those whose connections are gone."""
        lost = []
        for person in list(self.participants.values()):
            person.uplink.report(now_s)
            person.downlink.report(now_s)
            connections = (person.uplink.connection, person.downlink.connection)
            if any(one.closed or one.expired(now_s) for one in connections):
                lost.append(person.key)
        return lost

    def statistics(self) -> Rows:
        """For each participant and slot what the last second was."""
        return [_row(person) for person in self.participants.values()]


def _row(person: Participant) -> dict[str, object]:
    down, up = person.downlink, person.uplink
    return {
        "participant": person.key,
        "rtt_ms": round(down.rtt_s * 1000),
        "rate_bps": round(down.estimator.rate_bps),
        "queue_ms": round(down.estimator.queue_s * 1000),
        "loss": round(down.estimator.loss, 4),
        "rung": int(down.ladder.rung),
        "packets_out": down.connection.packets_out,
        "packets_in": up.connection.packets_in,
        "unknown": up.unknown,
        "slots": [
            {
                "mid": slot.mid, "track": slot.track.key, "layer": slot.layer.rid if slot.layer else None,
                "packets": slot.packets, "resent": slot.resent, "loss": round(slot.loss, 4), "jitter": slot.jitter,
                "switches": slot.switches,
            }
            for slot in (*down.pictures, *down.voices) if slot.track is not None
        ],
        "layers": [
            {
                "track": track.key, "rid": layer.rid, "bps": round(layer.bps), "packets": layer.packets,
                "lost": layer.missing.lost, "jitter": int(layer.jitter),
            }
            for track in up.tracks.values() for layer in track.layers
        ],
    }  # fmt: skip
