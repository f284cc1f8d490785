"""Old state plus events equals fetched state, for the client's State over the real services and both engines."""

from __future__ import annotations

import random
from typing import Any

from rtclient.state import State

from rtserver.wire import chat as w
from rtserver.wire.errors import AppError
from storage.db import Database
from storage.ids import wire_id
from tests.house import House

STEPS = 160


class Device:
    """A client of one account that hears what the hub would tell it: its own stream and its chats'."""

    def __init__(self, house: House, account: int) -> None:
        self.house, self.account = house, account
        self.state = State()
        self.state.me = wire_id(account)
        self.heard = 0

    async def load(self) -> None:
        self.heard = len(self.house.told)
        self.state.load(await self.house.do(self.account, "chat.list"))

    async def catch_up(self) -> None:
        """Hear everything new; ask anew for what the state calls stale."""
        stale: set[str] = set()
        for hint in self.house.told[self.heard :]:
            mine = hint.stream == f"account:{self.account}"
            event: Any = hint.event
            if mine or (hint.stream.startswith("chat:") and event.chat in self.state.chats):
                stale |= self.state.apply(event)
        self.heard = len(self.house.told)
        for chat in stale:
            try:
                self.state.put(await self.house.do(self.account, "chat.get", chat=chat))
            except AppError:
                self.state.drop(chat)

    async def check(self) -> None:
        listed: w.ChatListed = await self.house.do(self.account, "chat.list")
        assert self.state.chats == {chat.id: chat for chat in listed.chats}
        assert self.state.pins == listed.pins
        assert self.state.account_seq == listed.account_seq


async def test_state_plus_events_is_fetched_state(database: Database) -> None:
    """E-2, E-3, R-97: 160 random commands of four people; every device agrees with chat.list after every few."""
    house = House(database)
    house.service.start()
    try:
        people = [await house.person("student", "7А") for _ in range(3)] + [await house.person("teacher", "7А")]
        devices = [Device(house, person) for person in people]
        chats = [await house.group(people[0], people[1:], "Г"), await house.direct(people[1], people[2])]
        for device in devices:
            await device.load()
        chance = random.Random(21)
        accepted = 0
        for step in range(STEPS):
            accepted += await _one(house, chance, people, chats)
            if step % 4 == 3:
                for device in devices:
                    await device.catch_up()
                    await device.check()
        assert accepted > STEPS / 3, "most commands were refused: the history is no history"
    finally:
        await house.service.close()


async def _one(house: House, chance: random.Random, people: list[int], chats: list[str]) -> bool:
    """One random command; whether it was accepted."""
    who = chance.choice(people)
    chat = chance.choice(chats)
    other = wire_id(chance.choice(people))
    mine = {"chat": chat}
    target = {"chat": chat, "target": await _target(house, chance, who, chat)}
    name, fields = chance.choice(
        [
            *[("message.post", {**mine, "text": f"текст {chance.random()}"})] * 6,
            *[("message.delete", {**mine, "targets": [target["target"]], "scope": "everyone"})] * 2,
            *[("message.read", {**mine, "seq": target["target"]})] * 2,
            ("message.post", {**mine, "text": "ответ", "reply_to": target["target"]}),
            ("message.delete", {**mine, "targets": [target["target"]], "scope": "me"}),
            ("message.edit", {**target, "text": f"правка {chance.random()}"}),
            ("message.pin", target),
            ("message.unpin", target),
            ("message.star", target),
            ("message.unstar", target),
            ("message.react", {**target, "emoji": chance.choice("👍🎉"), "on": chance.random() < 0.7}),
            ("message.forward", {**mine, "targets": [target["target"]], "to": chats}),
            ("chat.mark_read", mine),
            ("chat.mark_unread", mine),
            ("chat.pin", mine),
            ("chat.unpin", mine),
            ("chat.archive", mine),
            ("chat.unarchive", mine),
            ("chat.mute", {**mine, "until": 2**50}),
            ("chat.update", {**mine, "title": f"Г {chance.random()}"[:20], "pin_policy": "everyone"}),
            ("chat.member.add", {**mine, "accounts": [other]}),
            ("chat.member.remove", {**mine, "account": other}),
            ("chat.member.role", {**mine, "account": other, "role": chance.choice(["member", "teacher", "admin"])}),
            ("chat.leave", mine),
        ]
    )
    try:
        await house.do(who, name, **fields)
    except AppError:
        return False
    return True


async def _target(house: House, chance: random.Random, who: int, chat: str) -> int:
    try:
        page: w.MessageHistoryPage = await house.do(who, "message.history", chat=chat, limit=8)
    except AppError:
        return 1
    return chance.choice([message.seq for message in page.messages] or [1])
