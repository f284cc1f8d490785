"""Drafts on all devices, and mentions (E-5), on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

from rtserver.wire.drafts import DraftChanged
from storage.ids import wire_id
from storage.verify import verify
from tests.house import House


async def state(house: House, who: int, chat: str) -> Any:
    return (await house.do(who, "chat.get", chat=chat)).chat


async def test_a_draft_follows_its_author_alone(house: House) -> None:
    """Experience 4.3: a draft is on all devices of its author and nowhere else; an empty one is gone."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    stranger, parent = await house.person("student", "7А", school="Чужая"), await house.person("parent")
    chat = await house.group(teacher, [student])
    posted = await house.do(teacher, "message.post", chat=chat, text="вопрос")
    house.told.clear()
    await house.do(student, "draft.save", chat=chat, text="Здравств", reply_to=posted.seq)
    assert [(h.stream, h.seq) for h in house.told] == [(f"account:{student}", 0)]
    assert (await state(house, student, chat)).draft.text == "Здравств"
    assert (await state(house, student, chat)).draft.reply_to == posted.seq
    assert (await state(house, teacher, chat)).draft is None
    listed = await house.do(student, "chat.list")
    assert listed.chats[0].draft.text == "Здравств"
    synced = await house.do(student, "sync", epoch=listed.epoch, account_seq=listed.account_seq)
    assert [(d.chat, d.draft.text) for d in synced.drafts] == [(chat, "Здравств")]
    house.told.clear()
    await house.do(student, "draft.save", chat=chat, text="Здравств", reply_to=posted.seq)
    assert house.told == [], "the same again is told to nobody"
    await house.do(student, "draft.save", chat=chat, text="")
    await house.do(student, "draft.save", chat=chat, text="")
    assert [h.event for h in house.told] == [DraftChanged(chat=chat, draft=None)]
    assert (await state(house, student, chat)).draft is None
    for outsider in (stranger, parent):
        assert await house.refused(outsider, "draft.save", chat=chat, text="а") == "not_member"
    await house.do(student, "draft.save", chat=chat, text="уйду")
    await house.do(teacher, "chat.member.remove", chat=chat, account=wire_id(student))
    await house.do(teacher, "chat.member.add", chat=chat, accounts=[wire_id(student)])
    assert (await state(house, student, chat)).draft is None, "it went with the membership"


async def test_mentions_are_counted_until_read(house: House) -> None:
    """E-5: @name and @all; exact counts through reading, hiding and deleting; outsiders cannot be named."""
    teacher = await house.person("teacher", "7А")
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    stranger = await house.person("student", "7А", school="Чужая")
    chat = await house.group(teacher, [masha, kolya])
    await house.do(teacher, "chat.member.role", chat=chat, account=wire_id(masha), role="member")
    assert await house.refused(kolya, "message.post", chat=chat, text="@все", mentions_all=True) == (
        "mention_all_not_allowed"
    )
    for nobody in (wire_id(stranger), "12345", "nobody"):
        refused = await house.refused(kolya, "message.post", chat=chat, text="@", mentions=[nobody])
        assert refused == "mention_not_member"
    named = await house.do(kolya, "message.post", chat=chat, text="@Маша", mentions=[wire_id(masha), wire_id(kolya)])
    everybody = await house.do(teacher, "message.post", chat=chat, text="@все собрание", mentions_all=True)
    await house.do(teacher, "message.post", chat=chat, text="без имён")
    assert (await state(house, masha, chat)).unread_mentions == 2
    assert (await state(house, kolya, chat)).unread_mentions == 1
    assert (await state(house, teacher, chat)).unread_mentions == 0
    page = await house.do(masha, "message.history", chat=chat)
    assert [(m.mentions, m.mentions_all) for m in page.messages] == [
        (sorted([wire_id(masha), wire_id(kolya)]), False),
        ([], True),
        ([], False),
    ]
    assert (await house.do(masha, "message.read", chat=chat, seq=named.seq)).unread_mentions == 1
    await house.do(teacher, "message.delete", chat=chat, targets=[everybody.seq], scope="everyone")
    assert (await state(house, masha, chat)).unread_mentions == 0
    assert (await state(house, kolya, chat)).unread_mentions == 0
    again = await house.do(teacher, "message.post", chat=chat, text="@Маша", mentions=[wire_id(masha)])
    await house.do(masha, "message.delete", chat=chat, targets=[again.seq], scope="me")
    assert (await state(house, masha, chat)).unread_mentions == 0
    forwarded = await house.do(masha, "message.forward", chat=chat, targets=[named.seq], to=[chat])
    copy = (await house.do(masha, "message.history", chat=chat)).messages[-1]
    assert copy.seq == forwarded.deliveries[0].seqs[0]
    assert copy.mentions == [], "a copy calls nobody"
    assert (await house.database.read(verify)).faults == []


async def test_a_post_with_other_mentions_is_another_post(house: House) -> None:
    """E-1: the nonce stands for the whole request."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    first = await house.do(teacher, "message.post", chat=chat, text="@", mentions=[wire_id(student)], nonce="one-nonce")
    again = await house.do(teacher, "message.post", chat=chat, text="@", mentions=[wire_id(student)], nonce="one-nonce")
    assert first == again
    assert await house.refused(teacher, "message.post", chat=chat, text="@", nonce="one-nonce") == "nonce_reused"
