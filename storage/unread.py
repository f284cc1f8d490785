"""Exact unread counts (E-3): others' posts after the read mark, not deleted, not hidden for me, inside my intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, case, func, or_, select

from .tables import chat_view, hidden, membership, mention, message

_member = membership.alias("m")


class Unread(NamedTuple):
    """Posts of one chat, and those of them that mention me or everybody."""

    posts: int = 0
    mentions: int = 0


def _counted(source: Any) -> Select[Any]:
    """Counts by chat; ``source`` joins what is counted to ``_member``."""
    return (
        select(_member.c.chat_id, func.count(message.c.seq.distinct()))
        .select_from(
            source.outerjoin(
                chat_view,
                and_(chat_view.c.account_id == _member.c.account_id, chat_view.c.chat_id == _member.c.chat_id),
            ).outerjoin(
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


_posts = _counted(_member.join(message, message.c.chat_id == _member.c.chat_id))
_mentions = _counted(
    _member.join(
        mention,
        and_(mention.c.chat_id == _member.c.chat_id, mention.c.account_id.in_([bindparam("account"), 0])),
    ).join(message, and_(message.c.chat_id == mention.c.chat_id, message.c.seq == mention.c.seq))
)


def unread_counts(
    connection: Connection, account: int, chats: Sequence[int], marks: Mapping[int, int]
) -> dict[int, Unread]:
    """Unread posts by chat, two statements for all; without any: 0. ``marks`` are read marks not yet stored."""
    if not chats:
        return {}
    posts = _ask(connection, _posts, account, chats, marks)
    mentions = _ask(connection, _mentions, account, list(posts), marks) if posts else {}
    return {chat: Unread(posts.get(chat, 0), mentions.get(chat, 0)) for chat in chats}


def _ask(
    connection: Connection, statement: Select[Any], account: int, chats: Sequence[int], marks: Mapping[int, int]
) -> dict[int, int]:
    held = {chat: marks[chat] for chat in chats if chat in marks}
    if held:
        statement = statement.where(message.c.seq > case(held, value=_member.c.chat_id, else_=0))
    rows = connection.execute(statement, {"account": account, "chats": list(chats)})
    return {row[0]: row[1] for row in rows}
