"""What the decisions need from the tables, one small question a function. Decides nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from rtserver.wire.errors import AppError
from storage import tables as t

m = t.membership.c


def role_in(connection: Connection, chat: int, account: int) -> str | None:
    """The role of a present member, else None."""
    return connection.execute(
        select(m.role).where(m.chat_id == chat, m.account_id == account, m.to_seq.is_(None))
    ).scalar()


def member_role(connection: Connection, chat: int, account: int) -> str:
    role = role_in(connection, chat, account)
    if role is None:
        raise AppError("not_member")
    return role


def visible_message(connection: Connection, chat: int, account: int, seq: int) -> Row[Any]:
    """A message row inside the reader's intervals and not hidden; ``message_unknown`` otherwise."""
    row = connection.execute(
        select(t.message)
        .join(
            t.membership,
            and_(
                m.chat_id == t.message.c.chat_id,
                m.account_id == account,
                m.from_seq <= t.message.c.seq,
                or_(m.to_seq.is_(None), m.to_seq >= t.message.c.seq),
            ),
        )
        .where(t.message.c.chat_id == chat, t.message.c.seq == seq)
        .limit(1)
    ).first()
    if row is None or is_hidden(connection, chat, account, seq):
        raise AppError("message_unknown")
    return row


def living_message(connection: Connection, chat: int, account: int, seq: int) -> Row[Any]:
    row = visible_message(connection, chat, account, seq)
    if row.deleted_ms is not None:
        raise AppError("message_deleted")
    return row


def is_hidden(connection: Connection, chat: int, account: int, seq: int) -> bool:
    h = t.hidden.c
    return (
        connection.execute(
            select(h.target_seq).where(h.account_id == account, h.chat_id == chat, h.target_seq == seq)
        ).first()
        is not None
    )


def body_of(connection: Connection, chat: int, seq: int) -> str:
    b = t.message_body.c
    return str(connection.execute(select(b.body).where(b.chat_id == chat, b.seq == seq)).scalar_one())


def other_of_direct(direct_key: str | None, account: int) -> int:
    """The peer in a direct chat; the account itself when it is the chat with oneself."""
    low, _, high = (direct_key or "").partition(":")
    return int(high) if int(low) == account else int(low)


def pins_of(connection: Connection, account: int) -> list[int]:
    v = t.chat_view.c
    return list(
        connection.execute(
            select(v.chat_id).where(v.account_id == account, v.pin_rank.is_not(None)).order_by(v.pin_rank)
        ).scalars()
    )


def view_row(connection: Connection, account: int, chat: int) -> Row[Any] | None:
    v = t.chat_view
    return connection.execute(select(v).where(v.c.account_id == account, v.c.chat_id == chat)).first()


def person_name(connection: Connection, account: int) -> str:
    row = connection.execute(
        select(t.account.c.first_name, t.account.c.last_name).where(t.account.c.id == account)
    ).first()
    return f"{row.first_name} {row.last_name}".strip() if row else ""


def admins_count(connection: Connection, chat: int) -> int:
    return connection.execute(
        select(func.count()).where(m.chat_id == chat, m.to_seq.is_(None), m.role == "admin")
    ).scalar_one()


def present_members(connection: Connection, chat: int) -> list[int]:
    return list(connection.execute(select(m.account_id).where(m.chat_id == chat, m.to_seq.is_(None))).scalars())
