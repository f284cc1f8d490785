"""``make bench-media``: CPU for each media packet sent on, a lecture of 100, lessons of 30. The last line is JSON.

Everything of the product is on: SRTP, NACK rings, transport feedback of every receiver, estimators, allocation, levels.
Packets are those of a recorded browser. The worker has a core of its own, the load the other; a run with foreign load
on the machine is thrown away. ``--runs 1 --seconds 5`` tries it out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
from typing import Any

import psutil

from tests.bench.media.crowd import Pace, Source, drive
from tests.bench.media.janus import janus
from tests.bench.media.ours import Ours, our_worker

LOAD_CORE = 1
PUBLISHERS, RECEIVERS, PER_S = 10, 20, 160
BURST = 6
FOREIGN_MOST = 0.25
"""Cores that others may use in a run, beyond which it does not count."""
DELIVERED_LEAST = 0.98
"""Share of what was sent that must have come: below it the load's own core was too busy to drink, and the run does not
count. A figure of which no run counts is null.
"""
Figures = dict[str, float]


class Foreign:
    """What the rest of the machine used meanwhile, in cores."""

    def __init__(self, own: list[psutil.Process]) -> None:
        self._own = own
        self._at = (time.monotonic(), self._all(), self._mine())

    def _all(self) -> float:
        times = psutil.cpu_times()
        return float(times.user + times.system + times.nice + times.softirq)

    def _mine(self) -> float:
        return sum(one.cpu_times().user + one.cpu_times().system for one in self._own)

    def cores(self) -> float:
        at, everybody, mine = self._at
        return max(0.0, (self._all() - everybody - self._mine() + mine) / (time.monotonic() - at))


async def fan(server: Any, seconds: float, burst: int) -> Figures:
    """10 publishers × 160 packets/s → 20 receivers, who all see all ten."""
    names = [f"p{n}" for n in range(PUBLISHERS)]
    listeners, sources = await server.fan(names, RECEIVERS)
    paces = [Pace(source, "f", PER_S, burst, n / PUBLISHERS) for n, source in enumerate(sources)]
    await drive(paces, [], listeners, 4.0)  # warm: key frames asked for and sent
    foreign = Foreign([server.process, psutil.Process()])
    before, cpu_s = sum(one.packets for one in listeners), server.cpu_s()
    sent = sum(one.packets for one in sources)
    await drive(paces, [], listeners, seconds)
    came = sum(one.packets for one in listeners) - before
    used_s = server.cpu_s() - cpu_s
    expected = (sum(one.packets for one in sources) - sent) * RECEIVERS
    figures = {
        "us_per_packet_out": used_s / came * 1e6,
        "packets_out_per_s": came / seconds,
        "delivered": came / expected,
        "foreign_cores": foreign.cores(),
    }
    for one in (*listeners, *sources):
        await one.endpoint.close()
    return figures


class OurFan:
    """The fan's people at our worker."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self.process, self.cpu_s = ours.process, ours.cpu_s
        self._calls = 0

    async def fan(self, names: list[str], receivers: int) -> tuple[list[Any], list[Source]]:
        self._calls += 1
        call = f"fan{self._calls}"
        quiet = [await self._ours.receiver(call, name) for name in names]
        sources = [await self._ours.publisher(call, name, ("f",)) for name in names]
        listeners = [await self._ours.receiver(call, f"r{n}") for n in range(receivers)]
        await asyncio.gather(*(one.connected.wait() for one in (*sources, *listeners, *quiet)))
        for n in range(receivers):
            await self._ours.show(call, f"r{n}", *((f"v{m}", f"{name}/1", 720, 3) for m, name in enumerate(names)))
        return listeners, sources


async def lecture(ours: Ours, seconds: float) -> Figures:
    """One teacher's camera (three layers) and voice, a screen at 160 packets/s, two pupils' voices; 99 receive."""
    call = "lecture"
    names = ["teacher", *(f"r{n}" for n in range(99))]
    listeners = [await ours.receiver(call, name, stamps=n % 10 == 1) for n, name in enumerate(names)]
    teacher = await ours.publisher(call, "teacher", ("q", "h", "f"), stamps=True)
    screen = await ours.publisher(call, "r0", ("f",), stamps=True)
    voice = await ours.publisher(call, "r1", (), stamps=True)
    await asyncio.gather(*(one.connected.wait() for one in (*listeners, teacher, screen, voice)))
    for n, name in enumerate(names[1:]):
        height = (720, 360, 180)[n % 3]
        await ours.show(call, name, ("v0", "teacher/1", height, 1), *((("s0", "r0/1", 720, 0),) if n else ()))
    paces = [
        Pace(teacher, layer, per_s, 4, n / 3) for n, (layer, per_s) in enumerate({"q": 25, "h": 50, "f": 160}.items())
    ]
    paces.append(Pace(screen, "f", 160, 4, 0.5))
    voices = [teacher, screen, voice]
    return await measured(ours, paces, voices, listeners, seconds)


async def lessons(ours: Ours, count: int, seconds: float) -> Figures:
    """``count`` lessons of 30: each sees 9 tiles at 20 packets/s, a screen at 160, hears three voices."""
    paces: list[Pace] = []
    voices: list[Source] = []
    listeners: list[Any] = []
    for number in range(count):
        call = f"lesson{count}-{number}"
        names = [f"l{n}" for n in range(30)]
        here = [await ours.receiver(call, name, stamps=n == 29) for n, name in enumerate(names)]
        sources = [await ours.publisher(call, name, ("q",), stamps=True) for name in names[:10]]
        screen = await ours.publisher(call, names[10], ("f",), stamps=True)
        await asyncio.gather(*(one.connected.wait() for one in (*here, *sources, screen)))
        for n, name in enumerate(names):
            tiles = [f"{one}/1" for one in names[:10] if one != name][:9]
            shown = [(f"v{m + 1}", track, 180, 3) for m, track in enumerate(tiles)]
            await ours.show(call, name, *shown, *((("s0", f"{names[10]}/1", 720, 0),) if n != 10 else ()))
        paces += [Pace(source, "q", 20, 1, n / 10) for n, source in enumerate(sources)]
        paces.append(Pace(screen, "f", 160, 4, 0.5))
        voices += sources[:3]
        listeners += here
    return await measured(ours, paces, voices, listeners, seconds)


async def measured(
    ours: Ours, paces: list[Pace], voices: list[Source], listeners: list[Any], seconds: float
) -> Figures:
    await drive(paces, voices, listeners, 4.0)
    foreign = Foreign([ours.process, psutil.Process()])
    for one in listeners:
        one.delays_ns.clear()
    before, cpu_s = sum(one.packets for one in listeners), ours.cpu_s()
    await drive(paces, voices, listeners, seconds)
    used_s, came = ours.cpu_s() - cpu_s, sum(one.packets for one in listeners) - before
    delays = sorted(delay for one in listeners for delay in one.delays_ns)
    lost = sum(heard.missing.lost for one in listeners for heard in one.slots.values())
    figures = {
        "cpu": used_s / seconds,
        "packets_out_per_s": came / seconds,
        "us_per_packet_out": used_s / came * 1e6,
        "delay_p50_ms": delays[len(delays) // 2] / 1e6 if delays else 0.0,
        "delay_p99_ms": delays[len(delays) * 99 // 100] / 1e6 if delays else 0.0,
        "lost": lost,
        "foreign_cores": foreign.cores(),
    }
    for one in {*listeners, *(pace.source for pace in paces), *voices}:
        await one.endpoint.close()
    return figures


async def main(runs: int, seconds: float, with_janus: bool, only_fan: bool) -> None:
    os.sched_setaffinity(0, {LOAD_CORE})
    raw: dict[str, list[Figures]] = {}

    def note(name: str, figures: Figures) -> None:
        raw.setdefault(name, []).append(figures)
        print(name, {key: round(value, 3) for key, value in figures.items()}, flush=True)

    for _ in range(runs):
        for way, burst in (("paced", 1), ("bursty", BURST)):
            async with our_worker() as ours:
                note(f"ours_{way}", await fan(OurFan(ours), seconds, burst))
            if with_janus:
                async with janus() as peer:
                    note(f"janus_{way}", await fan(peer, seconds, burst))
        if only_fan:
            continue
        async with our_worker() as ours:
            note("lecture", await lecture(ours, seconds))
        for count in (1, 2, 3, 4, 5):
            async with our_worker() as ours:
                figures = await lessons(ours, count, seconds)
                note(f"lessons_{count}", figures)
            if figures["cpu"] > 0.7:
                break
    print(json.dumps(summary(raw)))


def summary(raw: dict[str, list[Figures]]) -> dict[str, Any]:
    def median(name: str, key: str) -> float | None:
        calm = [
            one
            for one in raw.get(name, [])
            if one["foreign_cores"] <= FOREIGN_MOST and one.get("delivered", 1.0) >= DELIVERED_LEAST
        ]
        return round(statistics.median(one[key] for one in calm), 3) if calm else None

    out: dict[str, Any] = {}
    for way in ("paced", "bursty"):
        ours, peer = median(f"ours_{way}", "us_per_packet_out"), median(f"janus_{way}", "us_per_packet_out")
        out[f"us_per_packet_out_{way}"] = ours
        out[f"janus_us_per_packet_out_{way}"] = peer
        out[f"janus_ratio_{way}"] = round(peer / ours, 3) if peer and ours else None
    counts = [n for n in range(1, 6) if (cpu := median(f"lessons_{n}", "cpu")) is not None and cpu <= 0.7]
    out["lessons_of_30_per_core"] = max(counts, default=0)
    out["lecture_of_100_cpu"] = median("lecture", "cpu")
    out["added_delay_p99_ms"] = median("lecture", "delay_p99_ms")
    out["foreign_cores_most"] = round(max(one["foreign_cores"] for rows in raw.values() for one in rows), 2)
    out["raw"] = raw
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--without-janus", action="store_true")
    parser.add_argument("--only-fan", action="store_true")
    given = parser.parse_args()
    asyncio.run(main(given.runs, given.seconds, not given.without_janus, given.only_fan))
