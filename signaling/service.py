"""Calls as commands see them: start, enter, offer, answer, see, leave, end. Asks the doors who may, a worker for media.

Calls live in memory: a server that begins anew has none, and whoever was inside is told that media is lost, asks and
enters again. What may be said of a call to whom: to its chat that it began and ended, to those inside the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from media import control as c
from rtserver.actor import Actor, Handler
from rtserver.bus.base import Bus, Hint, account_stream, chat_stream
from rtserver.wire import calls as w
from rtserver.wire.chat import Command, Done, MemberRemoved, SessionEnded
from rtserver.wire.errors import AppError
from storage.ids import parse_id, wire_id

from .ports import Doors, Worker, WorkerError, Workers
from .slots import FIRST_VIDEOS, Wanted, place
from .state import Call, Participant, info_of, people_of, track_of

log = logging.getLogger(__name__)

SPEAKER_RANK, TEACHER_RANK, SCREEN_RANK, GRID_RANK = 2, 1, 0, 3
EMPTY_S = 60.0
"""A call with nobody inside ends after so long: a line that broke for everybody comes back into it."""
BEAT_S = 5.0


class CallService:
    """``handlers`` is what the hub binds; ``start`` once, ``close`` once."""

    def __init__(
        self, workers: Workers | None, doors: Doors, bus: Bus, clock: Callable[[], int], participants_most: int
    ) -> None:
        self._workers = workers
        self._doors = doors
        self._bus = bus
        self._clock = clock
        self._participants_most = participants_most
        self.calls: dict[str, Call] = {}
        self._by_chat: dict[int, Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe: Callable[[], None] = lambda: None
        if workers is not None:
            workers.on_notice = self._noticed
            workers.on_gone = self._gone

    def start(self) -> None:
        self._unsubscribe = self._bus.subscribe(self._heard)
        self._own(self._beat())

    async def close(self) -> None:
        self._unsubscribe()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def participants(self) -> int:
        return sum(len(call.people) for call in self.calls.values())

    def handlers(self) -> dict[type[Command], Handler]:
        return {
            w.CallStart: self._start,
            w.CallStateAsk: self._state,
            w.CallJoin: self._join,
            w.CallAnswer: self._answer,
            w.CallOffer: self._offer,
            w.CallSlots: self._slots,
            w.CallLayers: self._layers,
            w.CallLeave: self._leave,
            w.CallEnd: self._end,
        }

    # --- commands ------------------------------------------------------------------------------------------

    async def _start(self, actor: Actor, command: w.CallStart) -> w.CallFound:
        chat = parse_id(command.chat)
        call = self._by_chat.get(chat)
        if call is not None:
            await self._doors.may_enter(actor.account, chat)
            return w.CallFound(call=info_of(call))
        await self._doors.may_start(actor.account, chat)
        if self._workers is None:
            raise AppError("calls_off")
        call = self._by_chat.get(chat)  # another member may have been quicker
        if call is None:
            call = Call(secrets.token_hex(8), chat, actor.account, self._clock())
            call.empty_since_s = asyncio.get_running_loop().time()
            self.calls[call.id] = self._by_chat[chat] = call
            began = w.CallWasStarted(
                call=call.id, chat=wire_id(chat), started_by=wire_id(actor.account), started_ts=call.started_ts
            )
            self._bus.publish([Hint(chat_stream(chat), 0, began)])
        return w.CallFound(call=info_of(call))

    async def _state(self, actor: Actor, command: w.CallStateAsk) -> w.CallFound:
        chat = parse_id(command.chat)
        await self._doors.may_enter(actor.account, chat)
        call = self._by_chat.get(chat)
        return w.CallFound(call=None if call is None else info_of(call))

    async def _join(self, actor: Actor, command: w.CallJoin) -> w.CallJoined:
        call = self._call(command.call)
        person = Participant(secrets.token_hex(8), actor.account, actor.session, actor.name, leads=False)
        call.entering.add(person)  # before the doors are asked: who is put out meanwhile is found here
        try:
            offer = await self._enter(call, person, command.participant or "")
        finally:
            call.entering.discard(person)
        call.people[person.id] = person
        call.empty_since_s = None
        self._tell_people(call)
        return w.CallJoined(call=info_of(call), participant=person.id, offer=offer, tracks=list(call.tracks.values()))

    async def _enter(self, call: Call, person: Participant, earlier_id: str) -> str:
        """The worker's offer; ``person`` gets the id and rights that it has in the call."""
        await self._doors.may_enter(person.account, call.chat)
        person.leads = await self._doors.leads(person.account, call.chat)
        earlier = call.people.get(earlier_id)
        if earlier is not None and earlier.account == person.account:
            person.id = earlier.id  # the same place in the grid
        elif len(call.people) + sum(one.seated for one in call.entering) >= self._participants_most:
            raise AppError("call_full", limit=self._participants_most)
        person.seated = True
        worker = self._place(call)
        offer = await self._ask(call, c.Join(call=call.id, generation=call.generation, participant=person.id), worker)
        if call.id not in self.calls:
            raise AppError("call_unknown")
        if person.out:
            self._own(self._quietly(call, c.Leave(call=call.id, generation=call.generation, participant=person.id)))
            raise AppError("not_member")
        return offer

    async def _answer(self, actor: Actor, command: w.CallAnswer) -> Done:
        call, person = self._inside(actor, command.call, command.participant)
        await self._ask(
            call, c.Answer(call=call.id, generation=call.generation, participant=person.id, sdp=command.sdp)
        )
        return Done()

    async def _offer(self, actor: Actor, command: w.CallOffer) -> w.CallAnswered:
        call, person = self._inside(actor, command.call, command.participant)
        order = c.Publish(
            call=call.id,
            generation=call.generation,
            participant=person.id,
            sdp=command.sdp,
            names={line.mid: line.name for line in command.lines},
            heights={line.mid: line.heights for line in command.lines},
        )
        return w.CallAnswered(sdp=await self._ask(call, order))

    async def _slots(self, actor: Actor, command: w.CallSlots) -> w.CallSlotted:
        call, person = self._inside(actor, command.call, command.participant)
        before = {mid for mid, track in person.slots.items() if track is not None}
        person.wanted = tuple(command.wanted)
        wanted = []
        for one in command.wanted:
            track = call.tracks.get(one.track)
            if track is not None and track.participant != person.id and track.name != "microphone":
                sender = call.people.get(track.participant)
                wanted.append(Wanted(track.id, track.name, one.height, sender is not None and sender.leads))
        placing = place(person.slots, wanted)
        offer = ""
        if placing.videos > person.videos:
            grow = c.Grow(call=call.id, generation=call.generation, participant=person.id, videos=placing.videos)
            offer = await self._ask(call, grow)
            person.videos = placing.videos
        person.slots = placing.slots
        heights = {one.track: one.height for one in wanted}
        person.heights = {mid: heights[track] for mid, track in placing.slots.items() if track is not None}
        await self._show(call, person)
        named = before | {mid for mid, track in person.slots.items() if track is not None}
        return w.CallSlotted(
            slots=[w.FilledSlot(mid=mid, track=person.slots.get(mid)) for mid in sorted(named)], offer=offer
        )

    async def _layers(self, actor: Actor, command: w.CallLayers) -> Done:
        call, person = self._inside(actor, command.call, command.participant)
        for one in command.heights:
            if person.slots.get(one.mid) is not None:
                person.heights[one.mid] = one.height
        await self._show(call, person)
        return Done()

    async def _leave(self, actor: Actor, command: w.CallLeave) -> Done:
        call, person = self._inside(actor, command.call, command.participant)
        self._remove(call, person.id)
        with contextlib.suppress(AppError):  # a worker that is away has lost it already
            await self._ask(call, c.Leave(call=call.id, generation=call.generation, participant=person.id))
        return Done()

    async def _end(self, actor: Actor, command: w.CallEnd) -> Done:
        call = self._call(command.call)
        await self._doors.may_end(actor.account, call.chat, call.started_by)
        self._finish(call)
        return Done()

    # --- workers -------------------------------------------------------------------------------------------

    def _place(self, call: Call) -> Worker:
        """The worker that has the call; the one with the least to do for a new one."""
        if call.worker is not None:
            return call.worker
        if self._workers is None:
            raise AppError("calls_off")
        present = self._workers.present()
        if not present:
            raise AppError("calls_away")
        call.worker = min(present, key=lambda worker: worker.load.packets_out if worker.load is not None else 0)
        call.generation += 1
        return call.worker

    async def _ask(self, call: Call, order: c.AnyOrder, worker: Worker | None = None) -> str:
        asked = worker or call.worker
        if asked is None:
            raise AppError("calls_away")
        try:
            return await asked.order(order)
        except WorkerError as error:
            if error.code == "bad_sdp":
                raise AppError("media_offer_invalid", detail=error.detail) from None
            if error.code == "unknown":
                raise AppError("participant_unknown") from None
            if error.code == "full":
                raise AppError("calls_busy") from None
            raise AppError("calls_away") from None

    async def _show(self, call: Call, person: Participant) -> None:
        shown = []
        for mid, key in person.slots.items():
            track = call.tracks.get(key) if key is not None else None
            shown.append(c.Shown(mid, key, person.heights.get(mid, 0), self._rank(call, track)))
        await self._ask(call, c.ShowSlots(call=call.id, generation=call.generation, participant=person.id, slots=shown))

    @staticmethod
    def _rank(call: Call, track: w.CallTrack | None) -> int:
        if track is None:
            return GRID_RANK
        if track.name != "camera":
            return SCREEN_RANK
        sender = call.people.get(track.participant)
        if sender is not None and sender.leads:
            return TEACHER_RANK
        return SPEAKER_RANK if track.participant in call.speakers else GRID_RANK

    def _noticed(self, worker: Worker, notice: c.Notice) -> None:
        call = self.calls.get(notice.call)
        if call is None or call.generation != notice.generation or call.worker is not worker:
            return
        fields, person = notice.fields, call.people.get(notice.participant)
        if notice.kind == "tracks":
            self._tracks(call, fields["tracks"])
        elif notice.kind == "speakers":
            call.speakers = tuple(fields["speakers"])
            self._tell(call, w.CallSpeakersChanged(call=call.id, speakers=list(call.speakers)))
        elif notice.kind == "statistics":
            call.statistics = fields["rows"]
        elif notice.kind == "failed":
            self._lose(call)
        elif person is None:
            return
        elif notice.kind == "layers":
            wanted = w.CallLayersWanted(call=call.id, participant=person.id, mid=fields["mid"], active=fields["active"])
            self._tell_one(person, wanted)
        elif notice.kind == "rung":
            self._tell_one(person, w.CallRungChanged(call=call.id, participant=person.id, rung=fields["rung"]))
        elif notice.kind == "gone":
            self._remove(call, person.id)
            self._tell_one(person, w.CallMediaLost(call=call.id, participant=person.id))

    def _tracks(self, call: Call, rows: Sequence[dict[str, str]]) -> None:
        tracks = {row["key"]: track_of(row) for row in rows}
        if tracks == call.tracks:
            return
        call.tracks = tracks
        self._tell(call, w.CallTracksChanged(call=call.id, tracks=list(tracks.values())))
        for person in call.people.values():
            emptied = [mid for mid, key in person.slots.items() if key is not None and key not in tracks]
            for mid in emptied:
                person.slots[mid] = None
            if emptied:
                slots = [w.FilledSlot(mid=mid, track=None) for mid in emptied]
                self._tell_one(person, w.CallSlotsChanged(call=call.id, participant=person.id, slots=slots))
        always = [
            track.id
            for track in tracks.values()
            if track.name == "microphone" and (p := call.people.get(track.participant)) is not None and p.leads
        ]
        self._own(self._quietly(call, c.Always(call=call.id, generation=call.generation, tracks=always)))

    async def _quietly(self, call: Call, order: c.AnyOrder) -> None:
        with contextlib.suppress(AppError):
            await self._ask(call, order)

    def _gone(self, worker: Worker) -> None:
        for call in list(self.calls.values()):
            if call.worker is worker:
                self._lose(call)

    def _lose(self, call: Call) -> None:
        """The worker has lost this call: everybody inside begins anew, on whichever worker is there."""
        call.worker = None
        call.tracks = {}
        call.speakers = ()
        for person in call.people.values():
            person.slots, person.videos = {}, FIRST_VIDEOS
            self._tell_one(person, w.CallMediaLost(call=call.id, participant=person.id))

    # --- who is inside -------------------------------------------------------------------------------------

    def _call(self, call: str) -> Call:
        found = self.calls.get(call)
        if found is None:
            raise AppError("call_unknown")
        return found

    def _inside(self, actor: Actor, call: str, participant: str) -> tuple[Call, Participant]:
        found = self._call(call)
        person = found.people.get(participant)
        if person is None or person.account != actor.account:
            raise AppError("participant_unknown")
        return found, person

    def _remove(self, call: Call, participant: str) -> None:
        if call.people.pop(participant, None) is not None:
            if not call.people:
                call.empty_since_s = asyncio.get_running_loop().time()
            self._tell_people(call)

    def _finish(self, call: Call) -> None:
        if self.calls.pop(call.id, None) is None:
            return
        self._by_chat.pop(call.chat, None)
        ended = w.CallEnded(call=call.id, chat=wire_id(call.chat))
        self._bus.publish([Hint(chat_stream(call.chat), 0, ended)])
        self._own(self._quietly(call, c.End(call=call.id, generation=call.generation)))

    def _heard(self, hints: Sequence[Hint]) -> None:
        """Who is no longer a member, or whose session ended, is out at once (R-106)."""
        for hint in hints:
            event = hint.event
            if isinstance(event, MemberRemoved):
                call = self._by_chat.get(parse_id(event.chat))
                if call is not None:
                    self._expel(call, account=parse_id(event.account))
            elif isinstance(event, SessionEnded):
                for call in list(self.calls.values()):
                    self._expel(call, session=parse_id(event.session))

    def _expel(self, call: Call, account: int | None = None, session: int | None = None) -> None:
        meant = [
            person
            for person in (*call.entering, *call.people.values())
            if person.account == account or person.session == session
        ]
        for person in meant:
            person.out = True
            if person in call.entering:
                continue  # ``_enter`` sends it away when the worker has answered
            self._remove(call, person.id)
            order = c.Leave(call=call.id, generation=call.generation, participant=person.id)
            self._own(self._quietly(call, order))

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(BEAT_S)
            for call in list(self.calls.values()):
                if call.empty_since_s is not None and loop.time() - call.empty_since_s > EMPTY_S:
                    self._finish(call)

    # --- telling -------------------------------------------------------------------------------------------

    def _tell(self, call: Call, event: msgspec.Struct) -> None:
        accounts = dict.fromkeys(person.account for person in call.people.values())
        self._bus.publish([Hint(account_stream(account), 0, event) for account in accounts])

    def _tell_one(self, person: Participant, event: msgspec.Struct) -> None:
        self._bus.publish([Hint(account_stream(person.account), 0, event)])

    def _tell_people(self, call: Call) -> None:
        self._tell(call, w.CallPeopleChanged(call=call.id, people=people_of(call)))

    def _own(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
