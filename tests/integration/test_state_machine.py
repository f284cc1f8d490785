"""Old state plus events equals fetched state (architecture §2): random histories over every changing command.

Three accounts with two tabs each, online or not. Each tab is ``tests.reference.Replica``, fed by the bus while it is
online and by ``sync`` when it comes back; after every few steps all it holds must equal what the server says now.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from rtserver.bus.base import Hint, account_stream, chat_stream
from rtserver.wire.errors import AppError
from rtserver.wire.types import ChatState, Message
from storage.db import Database
from storage.ids import parse_id, wire_id
from storage.verify import verify
from tests.house import House
from tests.reference import Replica

EXAMPLES, STEPS = {"sqlite": 12, "postgresql": 6}, 8
"""About 1,000 and 500 commands, seven seconds on each engine on two quiet cores."""
WHO = st.integers(0, 2)
PICK = st.integers(0, 1 << 16)
WEIGHTS = {
    "post": 6,
    "mark": 7,
    "react": 3,
    "draft": 2,
    "view": 3,
    "manage": 4,
    "delete": 2,
    "forward": 2,
    "come_or_go": 2,
    "create": 1,
    "order_pins": 1,
}
OPS = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
MARKS = ("edit", "pin", "pin", "unpin", "star", "unstar", "read", "read")
VIEWS = ("pin", "pin", "unpin", "archive", "unarchive", "mark_unread", "mark_read", "mute")


class Tab:
    """A replica, its connection and what it has been told but not yet read."""

    def __init__(self, account: int) -> None:
        self.account = account
        self.replica = Replica(wire_id(account))
        self.online = False


class Histories(RuleBasedStateMachine):
    """One school for a test; new people and chats for each history."""

    house: House
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.people: list[int] = []
        self.tabs: list[Tab] = []
        self.chats: list[str] = []
        self.seqs: dict[str, list[int]] = {}

    # --- the transport -------------------------------------------------------------------------------------------

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def do(self, who: int, command: str, **fields: Any) -> Any:
        """A command by its wire form; a refusal is a result like another: what must hold is that nothing differs."""
        told = len(self.house.told)
        try:
            result = self.run(self.house.do(self.people[who], command, **fields))
        except AppError:
            result = None
        self.tell(self.house.told[told:])
        return result

    def tell(self, hints: list[Hint]) -> None:
        """What the hub does: a stream's events to the tabs that are in it, in order."""
        for hint in hints:
            for tab in self.tabs:
                own = hint.stream == account_stream(tab.account)
                inside = any(hint.stream == chat_stream(parse_id(chat)) for chat in tab.replica.rooms)
                if tab.online and (own or inside):
                    tab.replica.hear(hint.event)
        for tab in self.tabs:
            if tab.online:
                self.load_wanted(tab)

    def load_wanted(self, tab: Tab) -> None:
        for chat in sorted(tab.replica.wanted):
            state, messages = self.fetch(tab.account, chat)
            tab.replica.open(state, messages)

    def fetch(self, account: int, chat: str) -> tuple[ChatState, list[Message]]:
        state = self.run(self.house.do(account, "chat.get", chat=chat)).chat
        messages: list[Message] = []
        more = True
        while more:
            before = {"before": messages[0].seq} if messages else {}
            page = self.run(self.house.do(account, "message.history", chat=chat, limit=7, **before))
            messages = [*page.messages, *messages]
            more = page.more_before
        return state, messages

    def connect(self, tab: Tab) -> None:
        tab.online = True
        replica = tab.replica
        if replica.epoch:
            cursors = [{"chat": chat, "seq": room.state.head} for chat, room in replica.rooms.items()]
            replica.sync(
                self.run(
                    self.house.do(
                        tab.account,
                        "sync",
                        epoch=replica.epoch,
                        account_seq=replica.account_seq,
                        chats=cursors,
                    )
                )
            )
        if replica.reset:
            replica.load(self.run(self.house.do(tab.account, "chat.list")))
        self.load_wanted(tab)

    def compare(self, tab: Tab) -> None:
        listed = self.run(self.house.do(tab.account, "chat.list"))
        replica = tab.replica
        assert replica.pins == listed.pins
        assert replica.account_seq == listed.account_seq
        assert {chat: room.state for chat, room in replica.rooms.items()} == {c.id: c for c in listed.chats}
        for chat, room in replica.rooms.items():
            state, messages = self.fetch(tab.account, chat)
            assert state == room.state
            assert [room.messages[seq] for seq in sorted(room.messages)] == messages
        starred = self.run(self.house.do(tab.account, "message.starred", limit=100)).items
        held = {(chat, seq) for chat, room in replica.rooms.items() for seq, m in room.messages.items() if m.starred}
        assert {(item.chat, item.message.seq) for item in starred} == held

    # --- the histories -------------------------------------------------------------------------------------------

    @initialize()
    def gather(self) -> None:
        school = f"Школа {random.getrandbits(64)}"
        roles = ("class_teacher", "student", "student")
        self.people = [self.run(self.house.person(role, "7А", school=school)) for role in roles]
        self.tabs = [Tab(account) for account in self.people for _ in range(2)]
        for tab in self.tabs[::2]:
            self.connect(tab)
        for members in ([1, 2], [1]):
            others = [wire_id(self.people[n]) for n in members]
            self.made(self.do(0, "chat.create", kind="group", title="Г", members=others))
            self.post(1, len(self.chats) - 1, 2)
            self.do(0, "chat.update", chat=self.chats[-1], pin_policy="everyone")

    @rule(steps=st.lists(st.tuples(st.sampled_from(OPS), WHO, PICK, PICK), min_size=6, max_size=12))
    def live(self, steps: list[tuple[str, int, int, int]]) -> None:
        for name, who, pick, more in steps:
            getattr(self, name)(who, pick, more)

    def chat(self, pick: int) -> str:
        return self.chats[pick % min(4, len(self.chats))]

    def target(self, chat: str, pick: int) -> int:
        """A post; newer ones more often."""
        seqs = self.seqs[chat]
        return seqs[-1 - pick % min(3, len(seqs))] if seqs else 1

    def create(self, who: int, pick: int, more: int) -> None:
        kind = "group" if pick % 3 else "direct"
        others = [n for n in range(3) if n != who]
        members = others if kind == "group" and more % 2 else others[: 1 + more % 2]
        if len(self.chats) < 6:
            self.made(
                self.do(who, "chat.create", kind=kind, title="Г", members=[wire_id(self.people[n]) for n in members])
            )

    def made(self, created: Any) -> None:
        if created is not None and created.chat not in self.chats:
            self.chats.append(created.chat)
            self.seqs[created.chat] = []

    def post(self, who: int, pick: int, more: int) -> None:
        chat = self.chat(pick)
        for n in range(1 + more % 3):
            fields = {"reply_to": self.target(chat, pick)} if more % 4 == 0 and self.seqs[chat] else {}
            if more % 5 == 0:
                fields["mentions"] = [wire_id(self.people[pick % 3])]
            if more % 7 == 0:
                fields["mentions_all"] = True
            posted = self.do(who, "message.post", chat=chat, text=f"слово {pick}.{n}", **fields)
            if posted is not None:
                self.seqs[chat].append(posted.seq)

    def delete(self, who: int, pick: int, more: int) -> None:
        chat = self.chat(pick)
        scope = ("me", "everyone")[more % 2]
        self.do(who, "message.delete", chat=chat, targets=[self.target(chat, pick >> 4)], scope=scope)

    def draft(self, who: int, pick: int, more: int) -> None:
        text = ("", f"недописано {pick}")[more % 3 > 0]
        self.do(who, "draft.save", chat=self.chat(pick), text=text)

    def react(self, who: int, pick: int, more: int) -> None:
        chat = self.chat(pick)
        emoji, on = ("👍", "🎉")[more % 2], more % 4 > 0
        self.do(who, "message.react", chat=chat, target=self.target(chat, 0), emoji=emoji, on=on)

    def mark(self, who: int, pick: int, more: int) -> None:
        chat = self.chat(pick)
        command = MARKS[more % len(MARKS)]
        target = self.target(chat, pick >> 4)
        fields: dict[str, Any] = {"seq": target} if command == "read" else {"target": target}
        if command == "edit":
            fields["text"] = f"иначе {pick}"
        self.do(who, f"message.{command}", chat=chat, **fields)

    def view(self, who: int, pick: int, more: int) -> None:
        command = VIEWS[more % len(VIEWS)]
        fields = {"until": self.house.now() + 60_000 if pick % 2 else 0} if command == "mute" else {}
        self.do(who, f"chat.{command}", chat=self.chat(pick), **fields)

    def manage(self, who: int, pick: int, more: int) -> None:
        chat, person = self.chat(pick), wire_id(self.people[more % 3])
        if pick % 4:
            who = 0  # who made the first groups: others are mostly refused
        if more // 3 % 8 == 7:
            made = self.do(who, "chat.link.create", chat=chat)
            if made is not None:
                self.do(more % 3, "chat.join", token=made.path.removeprefix("/c/"))
            return
        match more // 3 % 8:
            case 0 | 1 | 2:
                self.do(who, "chat.member.add", chat=chat, accounts=[person])
            case 3:
                self.do(who, "chat.member.remove", chat=chat, account=person)
            case 4:
                self.do(who, "chat.member.role", chat=chat, account=person, role=["admin", "member"][pick % 2])
            case 5:
                self.do(who, "chat.leave", chat=chat)
            case _:
                policy = ["everyone", "staff"][pick % 2]
                rules: dict[str, Any] = {"title": f"Имя {pick}", "pin_policy": policy}
                if more % 2:
                    rules = {"write_policy": policy, "slow_s": [0, 10][pick // 2 % 2]}
                self.do(who, "chat.update", chat=chat, **rules)

    def forward(self, who: int, pick: int, more: int) -> None:
        chat = self.chat(pick)
        goals = list(dict.fromkeys([self.chat(more), self.chat(more >> 3)]))
        fields = {"targets": [self.target(chat, pick >> 4)], "to": goals, "comment": ("", "смотри")[more % 2]}
        sent = self.do(who, "message.forward", chat=chat, **fields)
        for delivery in sent.deliveries if sent is not None else ():
            self.seqs[delivery.chat].extend(delivery.seqs)

    def order_pins(self, who: int, pick: int, _: int) -> None:
        pins = self.run(self.house.do(self.people[who], "chat.list")).pins
        if pins:
            self.do(who, "chat.pin_order", chats=pins[::-1] if pick % 2 else pins[1:] + pins[:1])

    def come_or_go(self, who: int, pick: int, _: int) -> None:
        tab = self.tabs[2 * who + pick % 2]
        if tab.online:
            tab.online = False
        else:
            self.connect(tab)
            self.compare(tab)

    def teardown(self) -> None:
        for tab in self.tabs:
            if not tab.online:
                self.connect(tab)
            self.compare(tab)


def test_state_plus_events_is_fetched_state(database_url: str) -> None:
    """Architecture §2, E-1…E-5, R-91…R-97: random histories; then the logs and tables of all of them agree."""
    loop = asyncio.new_event_loop()
    examples = EXAMPLES[database_url.partition(":")[0]]

    async def build() -> tuple[Database, House]:
        database = Database(database_url)
        house = House(database)
        house.service.start()
        return database, house

    database, house = loop.run_until_complete(build())

    class Bound(Histories):
        pass

    Bound.house, Bound.loop = house, loop
    try:
        run_state_machine_as_test(
            Bound,
            settings=settings(
                max_examples=examples,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=[Phase.generate],  # shrinking takes minutes: add Phase.shrink by hand when it fails
                suppress_health_check=list(HealthCheck),
            ),
        )
        report = loop.run_until_complete(database.read(verify))
        assert report.faults == []
        assert report.events > 20 * examples, "the histories are not empty"
    finally:
        loop.run_until_complete(house.service.close())
        loop.run_until_complete(database.close())
        loop.close()
