"""Exact unread counts (E-3): others' posts after the read mark, not deleted, not hidden for me, inside my intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select

from .tables import chat_view, hidden, membership, message

_member = membership.alias("m")

_statement = (
    select(_member.c.chat_id, func.count(message.c.seq.distinct()))
    .select_from(
        _member.join(message, message.c.chat_id == _member.c.chat_id)
        .outerjoin(
            chat_view,
            and_(chat_view.c.account_id == _member.c.account_id, chat_view.c.chat_id == _member.c.chat_id),
        )
        .outerjoin(
            hidden,
            and_(
                hidden.c.account_id == _member.c.account_id,
                hidden.c.chat_id == message.c.chat_id,
                hidden.c.target_seq == message.c.seq,
            ),
        )
    )
    .where(
        _member.c.account_id == bindparam("account"),
        _member.c.chat_id.in_(bindparam("chats", expanding=True)),
        message.c.seq > func.coalesce(chat_view.c.read_seq, 0),
        message.c.seq >= _member.c.from_seq,
        or_(_member.c.to_seq.is_(None), message.c.seq < _member.c.to_seq),
        message.c.author != bindparam("account"),
        message.c.deleted_ms.is_(None),
        hidden.c.target_seq.is_(None),
    )
    .group_by(_member.c.chat_id)
)


def unread_counts(
    connection: Connection, account: int, chats: Sequence[int], marks: Mapping[int, int]
) -> dict[int, int]:
    """Unread posts by chat, one statement for all; a chat without any is 0. ``marks`` are read marks not yet stored."""
    counts = dict.fromkeys(chats, 0)
    if chats:
        held = {chat: marks[chat] for chat in chats if chat in marks}
        statement = _statement
        if held:
            statement = statement.where(message.c.seq > case(held, value=_member.c.chat_id, else_=0))
        rows = connection.execute(statement, {"account": account, "chats": list(chats)})
        counts.update((chat, count) for chat, count in rows)
    return counts
