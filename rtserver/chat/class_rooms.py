"""Chats of classes, kept in step with the classes: ``school.ports.Transaction`` over a ``Work``. Asks no right.

The class teacher administers the chat, teachers teach in it, students are members; all see its whole history. A
school's administrator is not in it (D17), and no parent ever is (R-68).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, select, update

from rtserver.school.ports import RoomRole
from rtserver.wire.chat import AccountEvent
from rtserver.wire.errors import AppError
from storage import tables as t
from storage.events import MEMBER_ROLE, UPDATED

from .loads import admins_count, role_in
from .members import add_member, make_chat, remove_member
from .work import Head, Work

CHAT_ROLES: dict[str, RoomRole] = {"student": "member", "teacher": "teacher", "class_teacher": "admin"}
RANK: dict[RoomRole, int] = {"member": 0, "teacher": 1, "admin": 2}


class ClassRooms:
    """The transaction that schools are given."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def connection(self) -> Connection:
        return self._work.connection

    @property
    def now(self) -> int:
        return self._work.now

    def append_account(self, account: int, make: Callable[[int, int], AccountEvent]) -> None:
        self._work.append_account(account, make)

    def open_room(self, klass: int) -> int:
        k, r = t.school_class.c, t.school_role.c
        row = self.connection.execute(
            select(k.id, k.name, k.school_id, k.chat_id).where(k.id == klass).with_for_update(key_share=True)
        ).first()
        if row is None:
            raise AppError("class_unknown")
        if row.chat_id is not None:
            return int(row.chat_id)
        people: dict[int, RoomRole] = {}
        for account, role in self.connection.execute(
            select(r.account_id, r.role).where(r.class_id == klass, r.until_ms.is_(None)).order_by(r.since_ms, r.id)
        ):
            wanted = CHAT_ROLES.get(role)
            if wanted is not None and RANK[wanted] >= RANK[people.get(account, "member")]:
                people[account] = wanted
        head = make_chat(
            self._work, "class", row.name, None, list(people.items()), school=row.school_id, history_for_new=True
        )
        self.connection.execute(update(t.school_class).where(k.id == klass).values(chat_id=head.id))
        return head.id

    def enter_room(self, klass: int, account: int, role: RoomRole) -> int:
        chat = self.open_room(klass)
        head = self._work.head(chat)
        inside = role_in(self.connection, chat, account)
        if inside is None:
            add_member(self._work, head, None, account, role)
        elif inside != role:
            self._set_role(head, account, role)
        return chat

    def leave_room(self, klass: int, account: int) -> None:
        chat = self.connection.execute(select(t.school_class.c.chat_id).where(t.school_class.c.id == klass)).scalar()
        if chat is not None and role_in(self.connection, chat, account) is not None:
            remove_member(self._work, self._work.head(chat), None, account)

    def leave_rooms(self, account: int) -> None:
        """A group whose only administrator goes is handed to whoever has been in it longest."""
        m = t.membership.c
        rows = self.connection.execute(
            select(m.chat_id, m.role, t.chat.c.kind)
            .join(t.chat, t.chat.c.id == m.chat_id)
            .where(m.account_id == account, m.to_seq.is_(None), t.chat.c.kind != "direct")
            .order_by(m.chat_id)
        ).all()
        for row in rows:
            head = self._work.head(row.chat_id)
            if row.kind == "group" and row.role == "admin" and admins_count(self.connection, head.id) == 1:
                self._hand_over(head, account)
            remove_member(self._work, head, None, account)

    def _hand_over(self, head: Head, leaving: int) -> None:
        m = t.membership.c
        heir = self.connection.execute(
            select(m.account_id)
            .where(m.chat_id == head.id, m.to_seq.is_(None), m.account_id != leaving)
            .order_by(m.from_seq, m.account_id)
            .limit(1)
        ).scalar()
        if heir is not None:
            self._set_role(head, int(heir), "admin")

    def _set_role(self, head: Head, account: int, role: RoomRole) -> None:
        m = t.membership.c
        self._work.append(head, MEMBER_ROLE, None, a=account, r=role)
        self.connection.execute(
            update(t.membership)
            .where(m.chat_id == head.id, m.account_id == account, m.to_seq.is_(None))
            .values(role=role)
        )

    def rename_room(self, klass: int, title: str) -> None:
        chat = self.connection.execute(select(t.school_class.c.chat_id).where(t.school_class.c.id == klass)).scalar()
        if chat is None:
            return
        head = self._work.head(chat)
        if head.title != title:
            head.title = title
            self._work.append(head, UPDATED, None, body=title, pp=None)
