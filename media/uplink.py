"""A participant's sending connection: which packet is which layer, what is missing, what to tell the browser.

It never waits: a late packet goes on at once or not at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

from . import media_lines as lines
from .connection import Connection
from .dtls import Certificate
from .levels import Voices
from .media_lines import H264, OPUS, VP8, Taken
from .packet import audio, video
from .rtcp import ReportBlock, SenderReport, nack, pli, receiver_report, transport_feedback
from .rtcp import parse as parse_rtcp
from .rtp import Header, parse, read_extensions
from .sdp import Description, SdpError, Section
from .slots import NTP_EPOCH_S
from .tracks import Clock, Layer, Track
from .twcc import Arrivals

RTT_S = 0.1
"""Assumed towards a publisher until it is known; asking too early only doubles a packet."""
SSRCS_MOST = 64
TRACKS_MOST = 8
"""Microphone, camera, screen, its sound, and room to replace each."""
LAYERS_MOST = 3
CLOCK_WALK_S = 0.000_1
"""By how much a publisher's clock offset may grow with each report (drift of 100 ppm at one a second)."""


class Source(NamedTuple):
    layer: Layer
    repair: bool
    transport_id: int
    level_id: int


class _Line(NamedTuple):
    track: Track
    ids: Mapping[str, int]


class Uplink:
    """``forward(layer)`` gives nothing back; ``voices`` hears levels; ``changed()`` says that tracks came or went."""

    def __init__(self, participant: str, certificate: Certificate, voices: Voices[str], changed: Callable[[], None]):
        self.participant = participant
        self.connection = Connection(certificate, self)
        self.tracks: dict[str, Track] = {}
        self._voices = voices
        self._changed = changed
        self._lines: dict[str, _Line] = {}
        self._sources: dict[int, Source] = {}
        self._arrivals = Arrivals()
        self._ssrc = random.randrange(1, 0xFFFFFFFF)  # noqa: S311 - a name, not a secret
        self._media_ssrc = 0
        self._offset_s: float | None = None
        self.connected = False
        self.unknown = 0

    # --- SDP -----------------------------------------------------------------------------------------------

    def take(self, offer: Description, names: Mapping[str, str], heights: Mapping[str, list[int]]) -> list[Taken]:
        """Take the offer's m-lines as tracks; ``names`` says what each mid is, ``heights`` its encodings in pixels."""
        rows = [lines.take(section) for section in offer.sections]
        used = [row for row in rows if row.codec is not None]
        if len(used) > TRACKS_MOST:
            raise SdpError("too many tracks")
        present = {row.section.mid for row in used}
        for mid in [mid for mid in self._lines if mid not in present]:
            self._drop(mid)
        for row in used:
            self._line(row, names.get(row.section.mid, ""), heights.get(row.section.mid, []))
        self.connection.start(offer.fingerprints)
        self._changed()
        return rows

    def _line(self, row: Taken, name: str, heights: list[int]) -> None:
        section, codec = row.section, row.codec
        assert codec is not None
        known = self._lines.get(section.mid)
        name = name or ("microphone" if section.kind == "audio" else "camera")
        rtx = row.rtx.payload_type if row.rtx else None
        if known is not None and (known.track.codec, known.track.name) != (codec.name, name):
            self._drop(section.mid)
            known = None
        if known is None:
            key = f"{self.participant}/{section.mid}"
            track = Track(key, self.participant, name, section.kind, codec.name, codec.payload_type, rtx)
            rids = section.rids[:LAYERS_MOST] or [""]
            track.layers = [Layer(track, rid, heights[n] if n < len(heights) else 0) for n, rid in enumerate(rids)]
            self.tracks[track.key] = track
        else:
            track = known.track
            for layer, height in zip(track.layers, heights, strict=False):
                layer.height = height
        ids = {uri: section.extensions[uri] for uri in lines.TAKEN if uri in section.extensions}
        self._lines[section.mid] = _Line(track, ids)
        if not section.rids:
            self._declared(section, track, ids)

    def _declared(self, section: Section, track: Track, ids: Mapping[str, int]) -> None:
        """One encoding without RID: its SSRC stands in the offer."""
        for ssrc in section.ssrcs:
            repair = ssrc in section.pairs
            if repair or ssrc not in section.pairs.values():
                self._bind(ssrc, track.layers[0], repair, ids)
            else:
                self._bind(ssrc, track.layers[0], False, ids)

    def _drop(self, mid: str) -> None:
        track = self._lines.pop(mid).track
        self.tracks.pop(track.key, None)
        for ssrc in [s for s, source in self._sources.items() if source.layer.track is track]:
            del self._sources[ssrc]
        self._voices.remove(track.key)
        self.retire(track)

    @staticmethod
    def retire(track: Track) -> None:
        """Nobody gets anything of this track any more."""
        for layer in track.layers:
            for slot in {*layer.slots, *layer.waiting}:
                slot.leave()

    # --- packets -------------------------------------------------------------------------------------------

    def on_rtp(self, data: memoryview, size: int, now_s: float) -> None:
        header = parse(data, size)
        if header is None:
            return
        extensions = read_extensions(data, header)
        source = self._sources.get(header.ssrc) or self._learn(data, header, extensions)
        if source is None:
            self.unknown += 1
            return
        layer, repair, transport_id, level_id = source
        told = extensions.get(transport_id)
        if told is not None and told[1] == 2:
            self._media_ssrc = header.ssrc
            self._arrivals.add(data[told[0]] << 8 | data[told[0] + 1], now_s)
        track = layer.track
        if repair:
            if header.payload + 2 > header.end:
                return  # a probe of nothing but padding
            original = data[header.payload] << 8 | data[header.payload + 1]
            header = header._replace(seq=original, payload=header.payload + 2)
        elif header.payload_type != track.payload_type:
            return
        seq = layer.unwrapped(header.seq)
        # a repair of what is not missing is a bandwidth probe (Chromium sends them on the lowest layer)
        if (repair and seq not in layer.missing) or not layer.fresh(seq) or header.payload >= header.end:
            return
        if track.kind == "audio":
            at = extensions.get(level_id)
            level = data[at[0]] if at is not None else 0x7F
            self._voices.voice(track.key).hear(level & 0x7F, now_s)
            packet = audio(header, seq, data, OPUS, level)
            layer.keep(packet, now_s)
            for slot in layer.waiting[:] if layer.waiting else ():
                slot.turn(layer, packet, now_s)
        else:
            packet = video(header, seq, data, VP8 if track.codec == "vp8" else H264, track.codec)
            layer.keep(packet, now_s)
            if packet.key_frame and layer.waiting:
                for slot in layer.waiting[:]:
                    slot.turn(layer, packet, now_s)
        for slot in layer.slots:
            slot.send(packet, now_s)

    def _learn(self, data: memoryview, header: Header, extensions: dict[int, tuple[int, int]]) -> Source | None:
        """A new SSRC: by its MID and RID, as the client sends them in the first packets (RFC 8852)."""
        if len(self._sources) >= SSRCS_MOST:
            return None
        for line in self._lines.values():
            track, ids = line
            mid = _text(data, extensions, ids.get(lines.MID))
            if mid is not None and f"{self.participant}/{mid}" != track.key:
                continue
            repaired = _text(data, extensions, ids.get(lines.REPAIRED_RID))
            rid = repaired if repaired is not None else _text(data, extensions, ids.get(lines.RID))
            repair = repaired is not None or header.payload_type == track.rtx_type
            if rid is not None:
                layer = next((one for one in track.layers if one.rid == rid), None)
            else:
                # without a RID only a track of one layer is told by its MID
                layer = track.layers[0] if mid is not None and len(track.layers) == 1 else None
            if layer is not None and header.payload_type in {track.payload_type, track.rtx_type}:
                return self._bind(header.ssrc, layer, repair, ids)
        return None

    def _bind(self, ssrc: int, layer: Layer, repair: bool, ids: Mapping[str, int]) -> Source:
        """Remember it for good: after an ICE restart RIDs may be missing."""
        if repair:
            layer.rtx = ssrc
        else:
            if layer.ssrc not in {0, ssrc}:
                layer.high = None  # the client began anew with another SSRC
                layer.missing = type(layer.missing)()
                for slot in layer.slots[:]:
                    slot.aim(None)
            layer.ssrc = ssrc
        source = Source(layer, repair, ids.get(lines.TRANSPORT_CC, 0), ids.get(lines.AUDIO_LEVEL, 0))
        self._sources[ssrc] = source
        return source

    def on_rtcp(self, data: bytes, now_s: float) -> None:
        for part in parse_rtcp(data):
            if isinstance(part, SenderReport):
                source = self._sources.get(part.ssrc)
                if source is not None and not source.repair:
                    self._timed(source.layer, part, now_s)

    def _timed(self, layer: Layer, report: SenderReport, now_s: float) -> None:
        """Move the publisher's clock to ours: the quickest report shows the offset best."""
        layer.report = ((report.ntp >> 16) & 0xFFFFFFFF, now_s)
        said_s = report.ntp / 2**32 - NTP_EPOCH_S
        offset = now_s - said_s
        self._offset_s = offset if self._offset_s is None else min(offset, self._offset_s + CLOCK_WALK_S)
        layer.clock = Clock(said_s + self._offset_s, report.rtp)

    def on_connected(self) -> None:
        self.connected = True

    def on_closed(self) -> None:
        self.connected = False
        self._changed()

    # --- what we tell the browser --------------------------------------------------------------------------

    def feedback(self, now_s: float) -> None:
        """Every 50–100 ms: transport feedback, and NACKs for what is missing."""
        for fci in self._arrivals.take():
            self.connection.send_rtcp(transport_feedback(self._ssrc, self._media_ssrc, fci))
        for track in self.tracks.values():
            for layer in track.layers:
                if len(layer.missing):
                    due = layer.missing.due(now_s, RTT_S)
                    if due:
                        self.connection.send_rtcp(nack(self._ssrc, layer.ssrc, [seq & 0xFFFF for seq in due]))

    def ask_key_frame(self, layer: Layer, now_s: float) -> None:
        if layer.ssrc and layer.wants_key_frame(now_s):
            self.connection.send_rtcp(pli(self._ssrc, layer.ssrc))

    def report(self, now_s: float) -> None:
        """Once a second: receiver reports (RFC 3550 §6.4.2)."""
        blocks = [
            _block(layer, now_s) for track in self.tracks.values() for layer in track.layers if layer.high is not None
        ]
        if blocks:
            self.connection.send_rtcp(receiver_report(self._ssrc, blocks[:31]))


def _block(layer: Layer, now_s: float) -> ReportBlock:
    high, first = layer.high or 0, layer.first or 0
    expected, received = high - first + 1, layer.packets
    wanted, came = expected - layer.reported[0], received - layer.reported[1]
    layer.reported = (expected, received)
    fraction = max(0, min(255, (wanted - came) * 256 // wanted)) if wanted > 0 else 0
    lsr, dlsr = (layer.report[0], round((now_s - layer.report[1]) * 65_536)) if layer.report else (0, 0)
    lost = max(0, min(0x7FFFFF, expected - received))
    return ReportBlock(layer.ssrc, fraction, lost, high & 0xFFFFFFFF, int(layer.jitter), lsr, dlsr & 0xFFFFFFFF)


def _text(data: memoryview, extensions: dict[int, tuple[int, int]], number: int | None) -> str | None:
    place = extensions.get(number) if number is not None else None
    return bytes(data[place[0] : place[0] + place[1]]).decode("ascii", "replace") if place is not None else None
