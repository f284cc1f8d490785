"""The end of an account, on both engines: what it takes along, what it leaves, and who is told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from storage import tables as t
from storage.ids import wire_id
from tests.school_house import ADULT, CHILD, SchoolHouse, s

NAME = "Фамилия"


async def close(sh: SchoolHouse, who: int, last_name: str = NAME) -> None:
    await sh.post(who, "/api/auth/close", last_name=last_name)


async def members_of(sh: SchoolHouse, chat: str) -> dict[int, str]:
    m = t.membership.c
    query = select(m.account_id, m.role).where(m.chat_id == int(chat), m.to_seq.is_(None))
    return {row.account_id: row.role for row in await sh.database.read(lambda c: c.execute(query).all())}


async def test_a_closed_account_leaves_classes_and_groups(sh: SchoolHouse) -> None:
    """E-13: class chats and groups hear of it as of any other leaving; a group keeps an administrator; direct chats
    stay with the other half, who cannot write any more; nothing stays in the member list of a school.
    """
    admin = await sh.member("admin", born=ADULT)
    head = await sh.member("class_teacher", "7А", born=ADULT)
    one, two, three = [await sh.member("student", "7А") for _ in range(3)]
    klass = (await sh.post(head, f"/api/classes/{await sh.class_id('7А')}/chat"))["chat"]
    group = await sh.group(one, [two, three])
    direct = await sh.direct(two, one)
    await sh.do(two, "message.post", chat=direct, text="Привет")
    await close(sh, one)
    assert set(await members_of(sh, klass)) == {head, two, three}
    assert await members_of(sh, group) == {two: "admin", three: "member"}
    for chat in (klass, group):
        removed = [
            h.event for h in sh.told if getattr(h.event, "chat", None) == chat and "Removed" in str(type(h.event))
        ]
        assert [event.account for event in removed] == [wire_id(one)]
    assert [event.chat for event in sh.told_to(one, "chat.left")] == sorted([klass, group], key=int)
    assert await sh.refused(two, "message.post", chat=direct, text="Ты тут?") == "person_unknown"
    listed = await sh.get(admin, f"/api/schools/{await sh.school_id()}/members")
    assert wire_id(one) not in [member["account"] for member in listed["members"]]
    assert await sh.denied(one, "GET", "/api/me") == "session_ended"


async def test_the_last_administrator_cannot_close(sh: SchoolHouse) -> None:
    """D10: a school is not left without one; nothing has changed after the refusal."""
    admin = await sh.member("admin", born=ADULT)
    assert await sh.denied(admin, "POST", "/api/auth/close", last_name=NAME) == "last_admin"
    assert (await sh.get(admin, "/api/profile"))["roles"] == ["admin"]
    await sh.member("admin", born=ADULT)
    await close(sh, admin)


async def test_a_parents_account_ends_the_tie(sh: SchoolHouse) -> None:
    """D6, D16: child and other parent are told; a child under 14 whose only consent it was is held at once."""
    child = await sh.member("student", "7А", born=CHILD)
    mother, father = await sh.newcomer("Марина", "Петрова"), await sh.newcomer("Сергей", "Петров")
    for parent in (mother, father):
        await sh.confirm(parent, await sh.parent_link(child))
    await close(sh, mother, "Петрова")
    for told in (child, father):
        assert [(e.change, e.parent_name) for e in sh.told_to(told, "family.changed")][-1] == (
            "detached",
            "Марина Петрова",
        )
    assert (await sh.get(child, "/api/hold"))["held"] is False
    assert [p["account"] for p in (await sh.get(child, "/api/profile"))["parents"]] == [wire_id(father)]
    await close(sh, father, "Петров")
    assert [event.held for event in sh.told_to(child, "entry.changed")] == [False, True]
    assert await sh.refused(child, "chat.list") == "parent_confirmation_needed"


async def test_a_childs_account_leaves_its_parents(sh: SchoolHouse) -> None:
    """R-73: the parent's list has it no more; its links are dead; the consents stay on record (E-17)."""
    child = await sh.member("student", "7А", born=CHILD)
    mother = await sh.newcomer("Марина", "Петрова")
    token = await sh.parent_link(child)
    await sh.confirm(mother, token)
    await close(sh, child)
    assert [e.change for e in sh.told_to(mother, "family.changed")] == ["detached"]
    assert (await sh.get(mother, "/api/family"))["children"] == []
    assert await sh.denied(None, "GET", f"/api/parent-links/{token}") == "parent_link_expired"
    assert await sh.rows(s.consent) == 1


async def test_a_child_that_nobody_confirmed_leaves_its_chats(sh: SchoolHouse) -> None:
    """E-17: closed after 30 days like by itself: out of the class's chat, its waiting socket cut, the number free."""
    head = await sh.member("class_teacher", "7А", born=ADULT)
    child = await sh.newcomer("Алексей", "Петров", CHILD)
    await sh.decide(head, await sh.apply(child, await sh.invite(head, "7А")))
    klass = (await sh.post(head, f"/api/classes/{await sh.class_id('7А')}/chat"))["chat"]
    assert set(await members_of(sh, klass)) == {head, child}
    sh.shift_ms += 31 * 86_400_000
    assert await sh.schools.sweep() == 1
    assert set(await members_of(sh, klass)) == {head}
    assert len(sh.told_to(child, "session.ended")) == 1
    assert await sh.denied(child, "GET", "/api/me") == "session_ended"


async def test_my_data_has_schools_and_family(sh: SchoolHouse) -> None:
    """E-13: roles now and before, applications, children, parents, consents, the blacklist; of one's own only."""
    admin = await sh.member("admin", born=ADULT)
    head = await sh.member("class_teacher", "7А", born=ADULT)
    child = await sh.newcomer("Алексей", "Петров", CHILD)
    mother = await sh.newcomer("Марина", "Петрова")
    await sh.decide(head, await sh.apply(child, await sh.invite(head, "7А")))
    await sh.confirm(mother, await sh.parent_link(child))
    await sh.post(child, f"/api/blocks/{head}")
    own = await sh.get(child, "/api/auth/my-data")
    assert [(r["school_name"], r["class_name"], r["role"], r["until"]) for r in own["roles"]] == [
        ("Школа", "7А", "student", None)
    ]
    assert [(one["status"], one["class_name"]) for one in own["applications"]] == [("approved", "7А")]
    assert [(one["name"], one["account"]) for one in own["parents"]] == [("Марина Петрова", wire_id(mother))]
    assert [(one["parent"], one["withdrawn"]) for one in own["consents"]] == [(wire_id(mother), None)]
    assert [one["account"] for one in own["blocked"]] == [wire_id(head)]
    theirs = await sh.get(mother, "/api/auth/my-data")
    assert [one["name"] for one in theirs["children"]] == ["Алексей Петров"]
    assert len(theirs["consents"]) == 1
    assert (theirs["roles"], theirs["applications"], theirs["blocked"]) == ([], [], [])
    await sh.post(admin, f"/api/schools/{await sh.school_id()}/members/{child}/remove")
    assert (await sh.get(child, "/api/auth/my-data"))["roles"][0]["until"] is not None


async def test_another_process_opens_the_gate(sh: SchoolHouse) -> None:
    """R-56: what the command line or a second process decides is noticed with the log's heads, not after a minute;
    who connects is asked about anew.
    """
    child = await sh.member("student", "7А", born=CHILD)
    mother = await sh.newcomer("Марина", "Петрова")
    token = await sh.parent_link(child)
    data = await sh.get(mother, f"/api/parent-links/{token}/child")
    assert await sh.refused(child, "chat.list") == "parent_confirmation_needed"
    before = (await sh.logs.streams_of(child))[f"account:{child}"]
    other = SchoolHouse(sh.database)  # its own bus and gate over the same database
    other.service.start()

    def confirm(tx: Any) -> Any:
        from rtserver.school.families import confirm_child
        from rtserver.wire.family import ChildConfirm

        link = other.schools.key.read(token, "parent")
        body = ChildConfirm(consent=True, consent_version=data["consent_version"])
        return confirm_child(tx, mother, link, body, other.schools.settings)

    await other.schools.change(confirm)
    assert await sh.refused(child, "chat.list") == "parent_confirmation_needed", "no hint came"
    head = (await sh.logs.heads([f"account:{child}"]))[f"account:{child}"]
    await sh.logs.entries(f"account:{child}", before, head)  # what the hub does when it compares heads
    assert await sh.chats(child) == []
    born = update(t.account).where(t.account.c.id == child).values(birth_date="2020-01-01")
    await sh.database.write(lambda c: c.execute(born).rowcount)
    await sh.database.write(lambda c: c.execute(t.parent_child.delete()).rowcount)
    assert await sh.chats(child) == [], "remembered"
    assert list(await sh.logs.streams_of(child)) == [f"account:{child}"]
    assert await sh.refused(child, "chat.list") == "parent_confirmation_needed"
    await other.auth.close()
    await other.service.close()
