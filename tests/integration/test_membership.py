"""Membership by links, read-only chats and slow mode (R-86…R-88, E-8, E-14), on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

from rtserver.wire import chat as w
from rtserver.wire.errors import AppError
from storage.ids import wire_id
from storage.verify import verify
from tests.house import House

DAY = 86_400_000


async def link(house: House, who: int, chat: str, **fields: Any) -> str:
    made = await house.do(who, "chat.link.create", chat=chat, **fields)
    return str(made.path.removeprefix("/c/"))


async def test_a_link_lets_people_of_the_school_in(house: House) -> None:
    """R-86…R-88, E-8, E-14, R-68: own school by link, at once; strangers and other people's parents learn nothing."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    other, stranger = await house.person("student", "7Б"), await house.person("student", "7А", school="Чужая")
    parent = await house.person("parent")
    chat = await house.group(teacher, [student], "Кружок")
    token = await link(house, teacher, chat)
    seen = await house.do(other, "chat.link.look", token=token)
    assert (seen.title, seen.members_count, seen.chat) == ("Кружок", 2, None)
    for outsider in (stranger, parent):
        assert await house.refused(outsider, "chat.link.look", token=token) == "not_in_school"
        assert await house.refused(outsider, "chat.join", token=token) == "not_in_school"
    joined = await house.do(other, "chat.join", token=token)
    assert joined.chat == chat
    added = [h.event for h in house.told if isinstance(h.event, w.MemberAdded)][-1]
    assert (added.actor, added.account) == (wire_id(other), wire_id(other))
    assert (await house.do(other, "chat.join", token=token)).chat == chat, "again changes nothing"
    assert (await house.do(other, "chat.link.look", token=token)).chat == chat
    listed = (await house.do(teacher, "chat.link.list", chat=chat)).links
    assert [(one.uses, one.revoked) for one in listed] == [(1, False)]
    await house.do(other, "message.post", chat=chat, text="я тут")
    assert (await house.database.read(verify)).faults == []


async def test_links_end(house: House) -> None:
    """E-8: expired, revoked, used up and never made are one refusal; who does not administer makes none."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    late = [await house.person("student", "7А") for _ in range(4)]
    chat = await house.group(teacher, [student])
    direct = await house.direct(teacher, student)
    for command in ("chat.link.create", "chat.link.list"):
        assert await house.refused(student, command, chat=chat) == "chat_admin_only"
        assert await house.refused(late[0], command, chat=chat) == "not_member"
        assert await house.refused(teacher, command, chat=direct) == "chat_kind_mismatch"
    assert await house.refused(late[0], "chat.join", token="nothing") == "chat_link_expired"
    short = await link(house, teacher, chat, expires_s=86_400)
    house.shift_ms += DAY
    assert await house.refused(late[0], "chat.join", token=short) == "chat_link_expired"
    once = await link(house, teacher, chat, uses_max=1)
    outcomes = await asyncio.gather(*(house.do(one, "chat.join", token=once) for one in late), return_exceptions=True)
    assert sorted(str(one) for one in outcomes if isinstance(one, AppError)) == ["chat_link_expired"] * 3
    token = await link(house, teacher, chat)
    mine = (await house.do(teacher, "chat.link.list", chat=chat)).links[0]
    assert await house.refused(student, "chat.link.revoke", chat=chat, link=mine.id) == "chat_admin_only"
    assert await house.refused(teacher, "chat.link.revoke", chat=chat, link="1") == "not_found"
    for _ in range(2):
        await house.do(teacher, "chat.link.revoke", chat=chat, link=mine.id)
    outside = next(one for one, said in zip(late, outcomes, strict=True) if isinstance(said, AppError))
    assert await house.refused(outside, "chat.join", token=token) == "chat_link_expired"
    assert [one.revoked for one in (await house.do(teacher, "chat.link.list", chat=chat)).links] == [True, False]
    for _ in range(19):  # the used-up one counts until it expires
        await link(house, teacher, chat)
    assert await house.refused(teacher, "chat.link.create", chat=chat) == "chat_links_limit"


async def test_read_only_and_slow_mode(house: House) -> None:
    """E-8, S23: members are held, teachers are not; forwards count like posts; a retry is not held up."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat, other = await house.group(teacher, [student]), await house.group(teacher, [student])
    said = await house.do(student, "message.post", chat=other, text="вопрос")
    assert await house.refused(student, "chat.update", chat=chat, write_policy="staff") == "chat_admin_only"
    await house.do(teacher, "chat.update", chat=chat, write_policy="staff")
    assert await house.refused(student, "message.post", chat=chat, text="а") == "chat_read_only"
    forward = {"chat": other, "targets": [said.seq], "to": [chat]}
    assert await house.refused(student, "message.forward", **forward) == "chat_read_only"
    posted = await house.do(teacher, "message.post", chat=chat, text="объявление")
    await house.do(student, "message.react", chat=chat, target=posted.seq, emoji="👍")
    await house.do(teacher, "chat.update", chat=chat, write_policy="everyone", slow_s=30)
    state = (await house.do(student, "chat.get", chat=chat)).chat
    assert (state.write_policy, state.slow_s) == ("everyone", 30)
    first = await house.do(student, "message.post", chat=chat, text="раз", nonce="nonce-slow")
    assert await house.refused(student, "message.post", chat=chat, text="два") == "slow_mode"
    assert await house.refused(student, "message.forward", **forward) == "slow_mode"
    assert await house.do(student, "message.post", chat=chat, text="раз", nonce="nonce-slow") == first
    for n in range(3):
        await house.do(teacher, "message.post", chat=chat, text=f"можно {n}")
    house.shift_ms += 31_000
    outcomes = await asyncio.gather(
        *(house.do(student, "message.post", chat=chat, text=f"сразу {n}") for n in range(5)), return_exceptions=True
    )
    assert sum(not isinstance(one, AppError) for one in outcomes) == 1, "one of a batch"
    await house.do(teacher, "chat.update", chat=chat, slow_s=0)
    await house.do(student, "message.post", chat=chat, text="свободно")
    assert (await house.database.read(verify)).faults == []
