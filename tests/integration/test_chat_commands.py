"""The contract of the changing commands, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from rtserver.wire.errors import AppError
from storage import tables as t
from storage.ids import wire_id
from storage.verify import verify
from tests.house import House

HOUR = 3_600_000


async def test_each_bad_post_has_its_own_code(house: House) -> None:
    """R-91, E-15: empty, too long, unknown chat, stranger, deleted target, unknown target, reused nonce."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    stranger = await house.person("student", "7А", school="Другая")
    chat = await house.group(teacher, [student])
    assert await house.refused(student, "message.post", chat=chat, text=" \n") == "message_empty"
    assert await house.refused(student, "message.post", chat=chat, text="я" * 4001) == "message_too_long"
    await house.do(student, "message.post", chat=chat, text="я" * 4000)
    assert await house.refused(student, "message.post", chat="12345", text="а") == "chat_unknown"
    assert await house.refused(student, "message.post", chat="nope", text="а") == "chat_unknown"
    assert await house.refused(stranger, "message.post", chat=chat, text="а") == "not_member"
    assert await house.refused(student, "message.post", chat=chat, text="а", reply_to=9999) == "message_unknown"
    posted = await house.do(student, "message.post", chat=chat, text="удалю", nonce="same-nonce")
    assert await house.refused(student, "message.post", chat=chat, text="иное", nonce="same-nonce") == "nonce_reused"
    await house.do(student, "message.delete", chat=chat, targets=[posted.seq], scope="everyone")
    assert await house.refused(student, "message.post", chat=chat, text="а", reply_to=posted.seq) == "message_deleted"
    assert await house.refused(student, "message.react", chat=chat, target=posted.seq, emoji="👍") == "message_deleted"


async def test_retry_with_the_same_nonce_changes_nothing(house: House) -> None:
    """E-1: posts, forwards and chats are made once however often they are asked for, at once or later."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    results = await asyncio.gather(
        *(house.do(student, "message.post", chat=chat, text="раз", nonce="only-once") for _ in range(20))
    )
    assert len({r.seq for r in results}) == 1
    forwards = [
        await house.do(student, "message.forward", chat=chat, targets=[results[0].seq], to=[chat], nonce="forward-1")
        for _ in range(2)
    ]
    assert forwards[0] == forwards[1]
    page = await house.do(student, "message.history", chat=chat)
    assert [m.text for m in page.messages] == ["раз", "раз"]
    assert page.messages[1].forwarded.author == wire_id(student)
    again = [
        await house.do(teacher, "chat.create", kind="group", title="Г", members=[wire_id(student)], nonce="group-01")
        for _ in range(2)
    ]
    assert again[0] == again[1]
    assert (
        await house.refused(
            teacher, "chat.create", kind="group", title="Д", members=[wire_id(student)], nonce="group-01"
        )
        == "nonce_reused"
    )


async def test_parallel_posts_leave_no_gap(house: House) -> None:
    """E-1: one gap-free order, and a chain that verifies."""
    teacher = await house.person("teacher", "7А")
    students = [await house.person("student", "7А") for _ in range(4)]
    chat = await house.group(teacher, students)
    await asyncio.gather(
        *(house.do(s, "message.post", chat=chat, text=f"{n} от {s}") for s in students for n in range(50))
    )
    report = await house.database.read(verify)
    assert report.faults == []
    seqs = [h.seq for h in house.told if h.stream == f"chat:{chat}"]
    assert seqs == list(range(1, len(seqs) + 1))
    assert seqs[-1] == 6 + 200


async def test_fifty_parallel_pins_let_five_through(house: House) -> None:
    """R-94: exactly five of 50 at once; the sixth is refused with its code."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chats = [await house.group(teacher, [student], f"Г{n}") for n in range(50)]
    results = await asyncio.gather(
        *(house.do(student, "chat.pin", chat=chat) for chat in chats), return_exceptions=True
    )
    refused = [r for r in results if isinstance(r, AppError)]
    assert len(refused) == 45
    assert {r.code for r in refused} == {"pinned_chats_limit"}
    listed = await house.do(student, "chat.list")
    assert len(listed.pins) == 5
    turned = listed.pins[::-1]
    await house.do(student, "chat.pin_order", chats=turned)
    assert (await house.do(student, "chat.list")).pins == turned
    assert await house.refused(student, "chat.pin_order", chats=turned[:4]) == "pin_order_mismatch"
    await house.do(student, "chat.archive", chat=turned[0])
    listed = await house.do(student, "chat.list")
    assert turned[0] not in listed.pins, "R-95: an archived chat is not pinned"
    assert (await house.do(teacher, "chat.list")).pins == [], "R-97: pins are the account's own"


async def test_delete_for_everyone_erases_every_text(house: House) -> None:
    """D8: the tombstone stays, the texts of the post and its edits are gone from every table, also for search."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    posted = await house.do(student, "message.post", chat=chat, text="тайнаодин")
    await house.do(student, "message.edit", chat=chat, target=posted.seq, text="тайнадва")
    await house.do(teacher, "message.delete", chat=chat, targets=[posted.seq], scope="everyone")
    page = await house.do(student, "message.history", chat=chat)
    assert [(m.deleted, m.text) for m in page.messages] == [(True, "")]

    def count(connection):
        bodies = connection.execute(select(t.message_body.c.body)).scalars().all()
        return bodies, connection.execute(select(func.count()).select_from(t.search_row)).scalar_one()

    bodies, indexed = await house.database.read(count)
    assert all("тайна" not in body for body in bodies)
    assert indexed == 0
    assert (await house.database.read(verify)).faults == []
    reread = await house.do(
        student,
        "sync",
        epoch=(await house.do(student, "chat.list")).epoch,
        chats=[{"chat": chat, "seq": 0}],
        account_seq=(await house.do(student, "chat.list")).account_seq,
    )
    assert not any("тайна" in repr(event) for delta in reread.chats for event in delta.events)


async def test_who_may_delete_and_edit(house: House) -> None:
    """D8, E-5: own within 24 h; a teacher of the chat any time, but nobody else's in a direct chat."""
    teacher, student, other = [await house.person(r, "7А") for r in ("class_teacher", "student", "student")]
    chat = await house.group(teacher, [student, other])
    posted = await house.do(student, "message.post", chat=chat, text="моё")
    assert await house.refused(other, "message.edit", chat=chat, target=posted.seq, text="х") == "edit_not_own"
    assert (
        await house.refused(other, "message.delete", chat=chat, targets=[posted.seq], scope="everyone")
        == "delete_not_allowed"
    )
    house.shift_ms = 25 * HOUR
    assert await house.refused(student, "message.edit", chat=chat, target=posted.seq, text="х") == "edit_too_late"
    assert (
        await house.refused(student, "message.delete", chat=chat, targets=[posted.seq], scope="everyone")
        == "delete_not_allowed"
    )
    await house.do(teacher, "message.delete", chat=chat, targets=[posted.seq], scope="everyone")
    direct = await house.direct(student, teacher)
    said = await house.do(student, "message.post", chat=direct, text="лично")
    assert (
        await house.refused(teacher, "message.delete", chat=direct, targets=[said.seq], scope="everyone")
        == "delete_not_allowed"
    )


async def test_delete_for_me_is_mine_alone(house: House) -> None:
    """D8, E-3: hidden for one, there for the other; the unread count follows."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    posted = await house.do(teacher, "message.post", chat=chat, text="всем")
    assert (await house.do(student, "chat.get", chat=chat)).chat.unread == 1
    await house.do(student, "message.delete", chat=chat, targets=[posted.seq], scope="me")
    assert (await house.do(student, "chat.get", chat=chat)).chat.unread == 0
    assert (await house.do(student, "message.history", chat=chat)).messages == []
    assert len((await house.do(teacher, "message.history", chat=chat)).messages) == 1
    assert await house.refused(student, "message.star", chat=chat, target=posted.seq) == "message_unknown"


async def test_forward_names_the_first_author(house: House) -> None:
    """R-91: many messages to many chats, all or none; a forward of a forward keeps the author."""
    teacher, student = await house.person("teacher", "7А", name="Светлана"), await house.person("student", "7А")
    one, two, three = [await house.group(teacher, [student], title) for title in "АБВ"]
    seqs = [(await house.do(teacher, "message.post", chat=one, text=f"д{n}")).seq for n in range(2)]
    sent = await house.do(student, "message.forward", chat=one, targets=seqs, to=[two, three], comment="смотри")
    assert [len(d.seqs) for d in sent.deliveries] == [3, 3]
    again = await house.do(student, "message.forward", chat=two, targets=[sent.deliveries[0].seqs[1]], to=[three])
    page = await house.do(teacher, "message.history", chat=three)
    last = page.messages[-1]
    assert last.seq == again.deliveries[0].seqs[0]
    assert last.text == "д0"
    assert last.forwarded.author_name.startswith("Светлана")
    assert last.forwarded.author == wire_id(teacher)
    lonely = await house.group(teacher, [await house.person("student", "7А")])
    before = len(house.told)
    assert await house.refused(student, "message.forward", chat=one, targets=seqs, to=[two, lonely]) == "not_member"
    assert len(house.told) == before


async def test_pin_star_react(house: House) -> None:
    """D9, E-5: pins by those who may, stars for oneself, a reaction counted once."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    posted = await house.do(student, "message.post", chat=chat, text="важно")
    assert await house.refused(student, "message.pin", chat=chat, target=posted.seq) == "pin_not_allowed"
    await house.do(teacher, "chat.update", chat=chat, pin_policy="everyone")
    for _ in range(2):
        await house.do(student, "message.pin", chat=chat, target=posted.seq)
        await house.do(student, "message.star", chat=chat, target=posted.seq)
        await house.do(student, "message.react", chat=chat, target=posted.seq, emoji="👍")
    assert (await house.do(teacher, "chat.get", chat=chat)).chat.pinned_messages == [posted.seq]
    mine = (await house.do(student, "message.history", chat=chat)).messages[0]
    theirs = (await house.do(teacher, "message.history", chat=chat)).messages[0]
    assert (mine.starred, theirs.starred) == (True, False)
    assert theirs.reactions[0].accounts == [wire_id(student)]
    assert len((await house.do(student, "message.starred")).items) == 1
    assert await house.refused(student, "message.react", chat=chat, target=posted.seq, emoji="abc") == "emoji_invalid"
    await house.do(student, "message.react", chat=chat, target=posted.seq, emoji="👍", on=False)
    await house.do(student, "message.unstar", chat=chat, target=posted.seq)
    await house.do(student, "message.unpin", chat=chat, target=posted.seq)
    assert (await house.do(teacher, "chat.get", chat=chat)).chat.pinned_messages == []
    assert (await house.do(student, "message.history", chat=chat)).messages[0].reactions == []


async def test_membership_is_intervals(house: House) -> None:
    """Architecture §2: a newcomer of a group sees from joining on; one who left sees nothing and writes nothing."""
    teacher = await house.person("teacher", "7А")
    early, late = await house.person("student", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [early])
    await house.do(teacher, "message.post", chat=chat, text="до")
    await house.do(teacher, "chat.member.add", chat=chat, accounts=[wire_id(late)])
    await house.do(teacher, "message.post", chat=chat, text="после")
    assert [m.text for m in (await house.do(late, "message.history", chat=chat)).messages] == ["после"]
    assert (await house.do(late, "chat.get", chat=chat)).chat.unread == 1
    await house.do(teacher, "chat.member.remove", chat=chat, account=wire_id(late))
    for command in ("message.history", "chat.get", "chat.members"):
        assert await house.refused(late, command, chat=chat) == "not_member"
    await house.do(teacher, "message.post", chat=chat, text="без него")
    await house.do(teacher, "chat.member.add", chat=chat, accounts=[wire_id(late)])
    assert [m.text for m in (await house.do(late, "message.history", chat=chat)).messages] == ["после"]
    assert await house.refused(teacher, "chat.leave", chat=chat) == "last_admin"
    await house.do(teacher, "chat.member.role", chat=chat, account=wire_id(early), role="admin")
    await house.do(teacher, "chat.leave", chat=chat)
    assert await house.refused(teacher, "message.post", chat=chat, text="а") == "not_member"


async def test_strangers_are_refused_everywhere(house: House) -> None:
    """E-14, D17, R-68: strangers, parents of others, and other schools find and write to nobody."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    posted = await house.do(student, "message.post", chat=chat, text="наше")
    for who in (
        await house.person("student", "7Б"),
        await house.person("student", "7А", school="Другая"),
        await house.person("parent", "", school=""),
        await house.person("operator", "", school=""),
    ):
        assert await house.refused(who, "message.history", chat=chat) == "not_member"
        for command, fields in (
            ("message.react", {"target": posted.seq, "emoji": "👍"}),
            ("message.star", {"target": posted.seq}),
            ("message.edit", {"target": posted.seq, "text": "х"}),
            ("message.delete", {"targets": [posted.seq], "scope": "me"}),
            ("message.forward", {"targets": [posted.seq], "to": [chat]}),
            ("message.read", {"seq": 1}),
            ("chat.pin", {}),
            ("chat.archive", {}),
            ("chat.leave", {}),
        ):
            assert await house.refused(who, command, chat=chat, **fields) == "not_member", command
        assert await house.refused(who, "chat.create", kind="direct", members=[wire_id(student)]) == "person_unknown"
        assert (await house.do(who, "people.get", accounts=[wire_id(student)])).people == []


async def test_block_closes_the_direct_chat(house: House) -> None:
    """R-81, D17: a block acts on the direct chat and on nothing else."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    group, direct = await house.group(teacher, [student]), await house.direct(teacher, student)
    assert await house.direct(student, teacher) == direct, "one direct chat for each pair"

    def block(connection):
        connection.execute(t.block.insert().values(account_id=student, blocked_id=teacher, created_ms=0))

    await house.database.write(block)
    assert await house.refused(teacher, "message.post", chat=direct, text="а") == "blocked"
    assert await house.refused(student, "message.post", chat=direct, text="а") == "blocked_by_you"
    await house.do(teacher, "message.post", chat=group, text="класс слышит")


async def test_read_marks_are_monotone_and_shared(house: House) -> None:
    """E-3, R-96: exact counts; reading takes the unread flag away; marks never go back."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    seqs = [(await house.do(teacher, "message.post", chat=chat, text=str(n))).seq for n in range(5)]
    assert (await house.do(student, "message.read", chat=chat, seq=seqs[2])).unread == 2
    assert (await house.do(student, "message.read", chat=chat, seq=seqs[0])).read_seq == seqs[2]
    await house.do(student, "chat.mark_unread", chat=chat)
    assert (await house.do(student, "chat.get", chat=chat)).chat.view.marked_unread
    assert (await house.do(student, "chat.mark_read", chat=chat)).unread == 0
    state = (await house.do(student, "chat.get", chat=chat)).chat
    assert not state.view.marked_unread
    await house.do(teacher, "message.delete", chat=chat, targets=[seqs[4]], scope="everyone")
    await house.do(student, "chat.mute", chat=chat, until=house.now() + HOUR)
    assert (await house.do(student, "chat.get", chat=chat)).chat.view.muted_until


async def test_sync_gives_exactly_what_was_missed(house: House) -> None:
    """E-2: events after the cursor, heads and counts of one snapshot; foreign epochs and impossible cursors reset."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    chat = await house.group(teacher, [student])
    listed = await house.do(student, "chat.list")
    head = listed.chats[0].head
    await house.do(teacher, "message.post", chat=chat, text="новое")
    await house.do(student, "chat.pin", chat=chat)
    cursor = {"epoch": listed.epoch, "account_seq": listed.account_seq, "chats": [{"chat": chat, "seq": head}]}
    synced = await house.do(student, "sync", **cursor)
    assert not synced.reset
    assert [e.text for d in synced.chats for e in d.events] == ["новое"]
    assert [type(e).__name__ for e in synced.account_events] == ["ChatViewChanged"]
    assert [(r.chat, r.unread) for r in synced.reads] == [(chat, 1)]
    assert (await house.do(student, "sync", **{**cursor, "epoch": "other"})).reset
    assert (await house.do(student, "sync", **{**cursor, "account_seq": 999})).reset
    ahead = await house.do(student, "sync", **{**cursor, "chats": [{"chat": chat, "seq": 999}]})
    assert [d.reset for d in ahead.chats] == [True]


async def test_one_bad_job_fails_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """hub.md, the writer: a job that breaks its batch is retried singly, the others are committed."""
    teacher = await house.person("teacher", "7А")
    chat = await house.group(teacher, [await house.person("student", "7А")])

    def broken(work):
        raise RuntimeError("broken job")

    results = await asyncio.gather(
        *(house.do(teacher, "message.post", chat=chat, text=str(n)) for n in range(5)),
        house.service.run(broken),
        *(house.do(teacher, "message.post", chat=chat, text=str(n)) for n in range(5)),
        return_exceptions=True,
    )
    assert [type(r).__name__ for r in results].count("RuntimeError") == 1
    assert len((await house.do(teacher, "message.history", chat=chat)).messages) == 10
    assert (await house.database.read(verify)).faults == []


async def test_a_forward_tells_no_name_to_those_who_may_not_know_it(house: House) -> None:
    """E-14: one reader who may not find the author hides the author from the copy; a copy of it hides it still."""
    admin, author = await house.person("admin"), await house.person("student", "7А", name="Тайна")
    other = await house.person("student", "7Б")
    source, mixed = await house.group(admin, [author]), await house.group(admin, [other])
    seq = (await house.do(author, "message.post", chat=source, text="слово")).seq
    sent = await house.do(admin, "message.forward", chat=source, targets=[seq], to=[mixed])
    await house.do(admin, "message.forward", chat=mixed, targets=sent.deliveries[0].seqs, to=[mixed])
    for message in (await house.do(other, "message.history", chat=mixed)).messages:
        assert message.text == "слово"
        assert (message.forwarded.author, message.forwarded.author_name) == (None, "")
    assert "Тайна" not in repr([hint for hint in house.told if hint.stream == f"chat:{mixed}"])


async def test_a_former_member_learns_no_later_names(house: House) -> None:
    """E-14: names are for those who were in the chat at the same time."""
    admin, early = await house.person("admin"), await house.person("student", "7А")
    late = await house.person("student", "7Б")
    chat = await house.group(admin, [early])
    await house.do(admin, "chat.member.remove", chat=chat, account=wire_id(early))
    await house.do(admin, "chat.member.add", chat=chat, accounts=[wire_id(late)])
    assert (await house.do(early, "people.get", accounts=[wire_id(late)])).people == []
    assert (await house.do(late, "people.get", accounts=[wire_id(early)])).people == []
    await house.do(admin, "chat.member.add", chat=chat, accounts=[wire_id(early)])
    assert len((await house.do(early, "people.get", accounts=[wire_id(late)])).people) == 1
