"""The state of chats as an account sees them. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from rtserver.wire.errors import AppError
from rtserver.wire.types import ChatState
from storage import tables as t
from storage.events import view_of
from storage.ids import wire_id
from storage.reading import last_messages, messages_of
from storage.unread import unread_counts

from .drafts import load_drafts
from .intervals import Interval, Sight
from .loads import other_of_direct


def load_sights(connection: Connection, account: int, chats: Collection[int] | None = None) -> dict[int, Sight]:
    """What the account may see, by chat; of all its chats when ``chats`` is None."""
    m = t.membership.c
    query = select(m.chat_id, m.from_seq, m.to_seq, m.role).where(m.account_id == account)
    if chats is not None:
        query = query.where(m.chat_id.in_(list(chats)))
    found: dict[int, list[Interval]] = defaultdict(list)
    for chat, first, last, role in connection.execute(query):
        found[chat].append(Interval(first, last, role))
    return {chat: Sight.of(intervals) for chat, intervals in found.items()}


def require_sight(connection: Connection, account: int, chat: int) -> Sight:
    """The sight of a present member; ``chat_unknown`` or ``not_member`` otherwise."""
    sight = load_sights(connection, account, (chat,)).get(chat, Sight())
    if not sight.inside:
        known = connection.execute(select(t.chat.c.id).where(t.chat.c.id == chat)).first()
        raise AppError("not_member" if known else "chat_unknown")
    return sight


def load_states(
    connection: Connection, account: int, sights: dict[int, Sight], marks: Mapping[int, int]
) -> tuple[list[ChatState], set[int]]:
    """States of the chats the account is in, and everybody whose name they need."""
    chats = [chat for chat, sight in sights.items() if sight.inside]
    if not chats:
        return [], set()
    rows = connection.execute(select(t.chat).where(t.chat.c.id.in_(chats))).all()
    v = t.chat_view
    views = {
        row.chat_id: row
        for row in connection.execute(select(v).where(v.c.account_id == account, v.c.chat_id.in_(chats)))
    }
    unread = unread_counts(connection, account, chats, marks)
    drafts = load_drafts(connection, account, chats)
    p = t.chat_pin.c
    pinned: dict[int, list[int]] = defaultdict(list)
    for chat, seq in connection.execute(
        select(p.chat_id, p.target_seq).where(p.chat_id.in_(chats)).order_by(p.pinned_seq)
    ):
        pinned[chat].append(seq)
    last_rows = last_messages(connection, account, chats)
    last = {chat: message for (chat, _), message in messages_of(connection, account, last_rows).items()}
    named: set[int] = {row.author for row in last_rows}
    states = []
    for row in rows:
        sight = sights[row.id]
        peer = other_of_direct(row.direct_key, account) if row.kind == "direct" else None
        if peer is not None:
            named.add(peer)
        message = last.get(row.id)
        states.append(
            ChatState(
                id=wire_id(row.id),
                kind=row.kind,
                title=row.title,
                head=row.seq,
                head_post_no=row.post_no,
                members_count=row.members_count,
                my_role=sight.role or "member",  # type: ignore[arg-type] # the column holds ChatRole
                pin_policy=row.pin_policy,
                write_policy=row.write_policy,
                slow_s=row.slow_s,
                view=view_of(views.get(row.id), marks.get(row.id, 0)),
                unread=unread[row.id].posts,
                unread_mentions=unread[row.id].mentions,
                draft=drafts.get(row.id),
                pinned_messages=pinned[row.id],
                last_message=message,
                peer=None if peer is None else wire_id(peer),
                created_ts=row.created_ms,
                last_ts=message.ts if message else row.created_ms,
            )
        )
    return states, named
