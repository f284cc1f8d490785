"""All calls of one worker: orders in, replies and notices out, and the beat that moves time. It decides no right.

Nothing of one call can stop another: every order and every call's beat stands in a try of its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from . import control as c
from .call import Call
from .downlink import Show
from .dtls import Certificate
from .estimator import Limits
from .port import Port
from .sdp import SdpError

log = logging.getLogger(__name__)

PROBE_BEAT_S = 0.005
FEEDBACK_BEATS = 10
"""Transport feedback each 50 ms (media.md: 50–100)."""
DECIDE_BEATS = 40
SECOND_BEATS = 200
BUSY_CPU = 0.85
"""Share of a core from which nobody new is let in: what is left are key frames and feedback of those inside."""


@dataclass(frozen=True, slots=True)
class SfuSettings:
    participants_per_call: int = 100
    participants_most: int = 400
    rate: Limits = field(default_factory=Limits)


class Sfu:
    def __init__(self, port: Port, settings: SfuSettings, tell: Callable[[msgspec.Struct], None]) -> None:
        self._port = port
        self._settings = settings
        self._tell = tell
        self._certificate = Certificate()
        self.calls: dict[str, Call] = {}
        self._generations: dict[str, int] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._beat: asyncio.Task[None] | None = None
        self._cpu = 0.0
        self._cpu_s = time.process_time()
        self._lag_s = 0.0

    def start(self) -> None:
        self._port.start()
        self._beat = asyncio.get_running_loop().create_task(self._run(), name="sfu-beat")

    async def close(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
            await asyncio.gather(self._beat, return_exceptions=True)
        self.clear()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await self._port.close()

    def clear(self) -> None:
        """End every call: signaling is gone, or begins anew."""
        for key in list(self.calls):
            self._end(key)

    # --- orders --------------------------------------------------------------------------------------------

    def obey(self, numbered: c.Numbered) -> c.Reply:
        number, order = numbered.number, numbered.order
        try:
            return c.Reply(number=number, value=self._obey(order))
        except SdpError as error:
            return c.Reply(number=number, error="bad_sdp", detail=str(error))
        except _Refused as refused:
            return c.Reply(number=number, error=str(refused))
        except Exception:  # the edge: whatever one call's order does, the others go on
            log.exception("order failed", extra={"call": order.call})
            return c.Reply(number=number, error="failed")

    def _obey(self, order: c.AnyOrder) -> str:
        known = self._generations.get(order.call, -1)
        if order.generation < known:
            raise _Refused("stale")
        if order.generation > known:
            self._end(order.call)  # a newer life of the call: nothing of the old one stays
            self._generations[order.call] = order.generation
        if isinstance(order, c.End):
            self._end(order.call)
            return ""
        call = self.calls.get(order.call)
        if isinstance(order, c.Join):
            return self._join(order, call)
        if call is None:
            raise _Refused("unknown")
        if isinstance(order, c.Always):
            call.always(set(order.tracks))
            return ""
        if isinstance(order, c.Leave):
            self._keep(call.leave(order.participant))
            if not call.participants:
                self._end(order.call)
            return ""
        if order.participant not in call.participants:
            raise _Refused("unknown")
        if isinstance(order, c.Publish):
            return call.publish(order.participant, order.sdp, order.names, order.heights)
        if isinstance(order, c.Answer):
            call.answer(order.participant, order.sdp)
            return ""
        if isinstance(order, c.Grow):
            return call.grow(order.participant, order.videos)
        call.show(
            order.participant,
            [Show(one.mid, one.track, one.height, max(0, min(3, one.rank))) for one in order.slots],
            time.monotonic(),
        )
        return ""

    def _join(self, order: c.Join, call: Call | None) -> str:
        back = call is not None and order.participant in call.participants
        inside = sum(len(one.participants) for one in self.calls.values())
        if not back and (inside >= self._settings.participants_most or self._cpu > BUSY_CPU):
            raise _Refused("full")
        if not back and call is not None and len(call.participants) >= self._settings.participants_per_call:
            raise _Refused("full")
        if call is None:
            generation = order.generation

            def tell(kind: str, participant: str, fields: dict[str, object]) -> None:
                self._notice(order.call, generation, kind, participant, fields)

            call = Call(order.call, generation, self._port, self._certificate, self._settings.rate, tell)
            self.calls[order.call] = call
        if back:
            self._keep(call.leave(order.participant))
        return call.join(order.participant)

    def _end(self, key: str) -> None:
        call = self.calls.pop(key, None)
        if call is not None:
            for participant in list(call.participants):
                self._keep(call.leave(participant))

    def _keep(self, task: asyncio.Task[None] | None) -> None:
        if task is not None:
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def _notice(self, call: str, generation: int, kind: str, participant: str, fields: dict[str, object]) -> None:
        self._tell(c.Notice(call=call, generation=generation, kind=kind, participant=participant, fields=fields))

    # --- time ----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        beat = 0
        due_s = time.monotonic()
        while True:
            due_s += PROBE_BEAT_S
            now_s = time.monotonic()
            if due_s < now_s - 0.1:
                due_s = now_s  # the machine stood still: do not catch up beat by beat
            await asyncio.sleep(max(0.0, due_s - now_s))
            beat += 1
            now_s = time.monotonic()
            self._lag_s = max(self._lag_s, now_s - due_s)
            for key, call in list(self.calls.items()):
                try:
                    self._move(key, call, beat, now_s)
                except Exception:  # the edge: a call that cannot go on is ended, the others go on
                    log.exception("call failed", extra={"call": key})
                    self._notice(key, call.generation, "failed", "", {})
                    self._end(key)
            self._port.flush()
            if beat % SECOND_BEATS == 0:
                self._load()

    def _move(self, key: str, call: Call, beat: int, now_s: float) -> None:
        call.probe(now_s)
        if beat % FEEDBACK_BEATS == 0:
            call.feedback(now_s)
        if beat % DECIDE_BEATS == 0:
            call.decide(now_s, DECIDE_BEATS * PROBE_BEAT_S)
        if beat % SECOND_BEATS == 0:
            for participant in call.second(now_s):
                self._keep(call.leave(participant))
                self._notice(key, call.generation, "gone", participant, {})
            self._notice(key, call.generation, "statistics", "", {"rows": call.statistics()})
            if not call.participants:
                self._end(key)

    def _load(self) -> None:
        used = time.process_time()
        self._cpu, self._cpu_s = (used - self._cpu_s) / (SECOND_BEATS * PROBE_BEAT_S), used
        everybody = [person for call in self.calls.values() for person in call.participants.values()]
        self._tell(
            c.Load(
                calls=len(self.calls),
                participants=len(everybody),
                cpu=round(self._cpu, 3),
                packets_in=sum(person.uplink.connection.packets_in for person in everybody),
                packets_out=sum(person.downlink.connection.packets_out for person in everybody),
                dropped=sum(door.plane.dropped for door in self._port.doors),
                lag_ms=round(self._lag_s * 1000, 1),
            )
        )
        self._lag_s = 0.0


class _Refused(Exception):
    """The reply's error."""
