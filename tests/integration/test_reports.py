"""Reports of messages (D8, E-14), on SQLite and on PostgreSQL."""

from __future__ import annotations

from sqlalchemy import select

from storage import school_tables as s
from storage.ids import wire_id
from tests.house import House
from tests.school_house import SchoolHouse


async def test_a_report_is_a_snapshot_for_administrators_alone(house: House) -> None:
    """D8, D17, E-14: the message with five around, as it stood; other schools, teachers and students see nothing."""
    teacher, masha = await house.person("teacher", "7А"), await house.person("student", "7А")
    kolya, admin = await house.person("student", "7А"), await house.person("admin")
    elsewhere = await house.person("admin", school="Чужая")
    stranger, parent = await house.person("student", "7А", school="Чужая"), await house.person("parent")
    chat = await house.group(teacher, [masha, kolya], "Кружок")
    said = [(await house.do(kolya, "message.post", chat=chat, text=f"слово {n}")).seq for n in range(14)]
    target = said[7]
    house.told.clear()
    for _ in range(2):
        await house.do(masha, "message.report", chat=chat, target=target, reason="insult", comment="обидно")
    assert house.told == [], "nobody hears of it, its author least of all"
    assert await house.refused(kolya, "message.report", chat=chat, target=target, reason="spam") == "report_own"
    for outsider in (stranger, parent, admin):
        assert await house.refused(outsider, "message.report", chat=chat, target=target, reason="spam") == "not_member"
    await house.do(kolya, "message.edit", chat=chat, target=said[6], text="исправил")
    await house.do(kolya, "message.delete", chat=chat, targets=[target], scope="everyone")
    assert await house.refused(teacher, "message.report", chat=chat, target=target, reason="spam") == "message_deleted"
    for nobody in (teacher, masha, kolya, stranger, parent):
        assert await house.refused(nobody, "report.list") == "not_in_school"
    assert (await house.do(elsewhere, "report.list")).reports == []
    listed = await house.do(admin, "report.list")
    (report,) = listed.reports
    assert [m.text for m in report.messages] == [f"слово {n}" for n in range(2, 13)]
    assert (report.chat_title, report.reason, report.comment, report.target) == ("Кружок", "insult", "обидно", target)
    assert report.reporter == wire_id(masha)
    assert {person.id for person in listed.people} == {wire_id(masha), wire_id(kolya)}
    for nobody, code in ((teacher, "not_in_school"), (elsewhere, "not_found")):
        assert await house.refused(nobody, "report.decide", report=report.id, decision="justified") == code
    for _ in range(2):
        await house.do(admin, "report.decide", report=report.id, decision="justified")
    other = await house.person("admin")
    assert await house.refused(other, "report.decide", report=report.id, decision="unfounded") == "already_decided"
    assert (await house.do(admin, "report.list")).reports == []
    (closed,) = (await house.do(other, "report.list", open=False)).reports
    assert (closed.decision, closed.decided_by) == ("justified", wire_id(admin))
    journal = await house.database.read(lambda c: c.execute(select(s.journal.c.action, s.journal.c.detail)).all())
    assert [tuple(row) for row in journal] == [("report.decide", "justified")], "once, and without words of the chat"


async def test_reports_go_after_ninety_days(house: House, sh: SchoolHouse) -> None:
    """D8, E-17: the snapshot is deleted with its report."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    admin = await house.person("admin")
    chat = await house.group(teacher, [student])
    posted = await house.do(teacher, "message.post", chat=chat, text="ой")
    house.shift_ms = -91 * 86_400_000
    await house.do(student, "message.report", chat=chat, target=posted.seq, reason="other")
    house.shift_ms = 0
    assert len((await house.do(admin, "report.list")).reports) == 1
    assert await sh.schools.sweep() == 1
    assert (await house.do(admin, "report.list")).reports == []
