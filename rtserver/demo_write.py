"""Plays ``demo_week`` through the real services: rooms, posts, likes, pins, read marks, each person's own view."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from rtserver import demo_week as week
from rtserver.actor import Actor
from rtserver.chat.members import direct_key, make_chat
from rtserver.chat.posting import Post
from rtserver.chat.service import ChatService
from rtserver.chat.work import Work
from rtserver.wire import chat as w
from rtserver.wire.types import ChatRole
from storage import tables as t
from storage.ids import wire_id

ZONE = ZoneInfo("Europe/Moscow")
DAY_HOURS = (10, 21)
"""First and last hour of the day's talk."""
FAR_MS = 100 * 365 * 86_400_000
"""Muted for good."""


async def make_room(
    service: ChatService,
    kind: Any,
    title: str,
    actor: int,
    members: list[tuple[int, ChatRole]],
    ts: int,
    **more: Any,
) -> int:
    def task(work: Work) -> int:
        chat = make_chat(work, kind, title, actor, members, ts=ts, **more).id
        if kind == "class":  # the class knows its chat: whoever enters the class enters it
            k = t.school_class.c
            work.connection.execute(update(t.school_class).where(k.name == title).values(chat_id=chat))
        return chat

    chat: int = await service.run(task)
    return chat


async def write_week(service: ChatService, ids: dict[str, int], start: int, now: int) -> None:
    """Every room of the week, then what people did to their own lists. ``start`` and ``now`` are unix milliseconds."""
    names = {account: name for name, account in ids.items()}
    spoken = _daytime(now)
    lists: dict[str, dict[str, int]] = {name: {} for name in ids}
    for room in week.WEEK:
        chat = await _write_room(service, room, ids, start, spoken)
        for name in room.people:
            other = next((one for one in room.people if one != name), "")
            lists[name][room.title or other] = chat
    handlers = service.handlers()
    for name, titles in week.PINNED.items():
        # The last pinned stands first.
        for title in reversed(titles):
            pin = w.ChatPin(chat=wire_id(lists[name][title]))
            await handlers[w.ChatPin](Actor(ids[name], 0, names[ids[name]]), pin)
        order = w.ChatPinOrder(chats=[wire_id(lists[name][title]) for title in titles])
        await handlers[w.ChatPinOrder](Actor(ids[name], 0, name), order)
    for name, titles in week.ARCHIVED.items():
        for title in titles:
            away = w.ChatArchive(chat=wire_id(lists[name][title]))
            await handlers[w.ChatArchive](Actor(ids[name], 0, name), away)
    for name, titles in week.MUTED.items():
        for title in titles:
            mute = w.ChatMute(chat=wire_id(lists[name][title]), until=now + FAR_MS)
            await handlers[w.ChatMute](Actor(ids[name], 0, name), mute)


async def _write_room(service: ChatService, room: week.Room, ids: dict[str, int], start: int, now: int) -> int:
    roles: list[tuple[int, ChatRole]] = [(ids[name], _role(room, name)) for name in room.people]
    actor = roles[0][0]
    more: dict[str, Any] = {}
    if room.kind == "direct":
        more["direct_key"] = direct_key(roles[0][0], roles[1][0])
    if room.kind == "class":
        roles[0] = (actor, "admin")  # the class teacher
        more["history_for_new"] = True
    chat = await make_room(service, room.kind, room.title, actor, roles, start, **more)
    handlers = service.handlers()
    tags: dict[str, int] = {}
    seqs: list[int] = []
    # All posts first: a log's times never go back, and what follows happens now.
    for number, said in enumerate(room.said):
        reply = tags[said.to] if said.to else None
        post = Post(chat, ids[said.who], f"demo-{chat}-{number}", said.text, reply, ts=_when(said.when, now))
        seqs.append((await service.post(post)).seq)
        if said.tag:
            tags[said.tag] = seqs[-1]
    for seq, said in zip(seqs, room.said, strict=True):
        for group in filter(None, said.likes.split(", ")):
            emoji, *fans = group.split()
            for fan in fans:
                like = w.MessageReact(chat=wire_id(chat), target=seq, emoji=emoji)
                await handlers[w.MessageReact](Actor(ids[fan], 0, fan), like)
        if "p" in said.marks:
            pin = w.MessagePin(chat=wire_id(chat), target=seq, nonce=f"demo-pin-{chat}-{seq}")
            await handlers[w.MessagePin](Actor(ids[said.who], 0, said.who), pin)
        if "s" in said.marks:
            star = w.MessageStar(chat=wire_id(chat), target=seq)
            await handlers[w.MessageStar](Actor(ids[week.PUPILS[0]], 0, week.PUPILS[0]), star)
    for name in room.people:
        unread = room.unread.get(name, 0)
        if unread < len(seqs):
            read = w.MessageRead(chat=wire_id(chat), seq=seqs[-1 - unread])
            await handlers[w.MessageRead](Actor(ids[name], 0, name), read)
    return chat


def _role(room: week.Room, name: str) -> ChatRole:
    """The administrator and the founder of a group lead it; teachers teach in class chats."""
    if room.kind == "class" and name in week.TEACHERS:
        return "teacher"
    if room.kind != "direct" and name == room.people[0]:
        return "admin"
    return "member"


def _daytime(now: int) -> int:
    """The last moment at which a school still writes: nobody asks about homework at three in the morning."""
    moment = datetime.fromtimestamp(now / 1000, ZONE)
    if moment.hour < DAY_HOURS[0]:
        moment -= timedelta(days=1)
    if not DAY_HOURS[0] <= moment.hour < DAY_HOURS[1]:
        moment = moment.replace(hour=DAY_HOURS[1], minute=0)
    return int(moment.timestamp() * 1000)


def _when(when: str, now: int) -> int:
    """«3d 08:12» or «14m» as unix milliseconds."""
    if when.endswith("m"):
        return now - int(when[:-1]) * 60_000
    days, _, clock = when.partition("d ")
    hour, _, minute = clock.partition(":")
    day = datetime.fromtimestamp(now / 1000, ZONE) - timedelta(days=int(days))
    return int(day.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0).timestamp() * 1000)
