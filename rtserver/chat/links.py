"""Links to groups: made, listed, revoked, followed (R-86, R-88, E-8). A link opens one group and nothing else.

Followed by people of a school of its maker's, or by those whom the maker may write to (D17); parents only by the
latter, since no school is theirs (R-68). Whoever else follows it learns neither title nor members (E-14).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from rtserver.school.relations import load_standings, may_write
from rtserver.wire import links as w
from rtserver.wire.chat import Done
from rtserver.wire.errors import AppError
from storage import tables as t
from storage.ids import new_id, parse_id, wire_id

from .loads import member_role, role_in
from .members import add_member
from .rules import decide_manage
from .work import Head, Work

k = t.chat_link.c


def create_link(work: Work, actor: int, command: w.ChatLinkCreate) -> w.ChatLinkCreated:
    head = _managed(work, actor, command.chat)
    living = select(func.count()).where(k.chat_id == head.id, k.revoked_ms.is_(None), k.expires_ms > work.now)
    if work.connection.execute(living).scalar_one() >= work.limits.chat_links:
        raise AppError("chat_links_limit", limit=work.limits.chat_links)
    token = secrets.token_urlsafe(24)  # 192 bits: a link is short enough to be read aloud from a board, hardly guessed
    row = {
        "id": new_id(work.now),
        "chat_id": head.id,
        "token_sha256": _digest(token),
        "made_by": actor,
        "created_ms": work.now,
        "expires_ms": work.now + command.expires_s * 1000,
        "uses_max": command.uses_max,
    }
    made = work.connection.execute(insert(t.chat_link).values(row).returning(t.chat_link)).one()
    return w.ChatLinkCreated(link=_shown(made), path=f"/c/{token}")


def revoke_link(work: Work, actor: int, command: w.ChatLinkRevoke) -> Done:
    """Once or again: the same end."""
    head = _managed(work, actor, command.chat)
    mine = (k.id == parse_id(command.link)) & (k.chat_id == head.id)
    if work.connection.execute(select(k.id).where(mine)).first() is None:
        raise AppError("not_found")
    work.connection.execute(update(t.chat_link).where(mine, k.revoked_ms.is_(None)).values(revoked_ms=work.now))
    return Done()


def join(work: Work, actor: int, command: w.ChatJoin) -> w.ChatJoinedBy:
    """R-87, R-88: in at once; the uses are counted in the same transaction, under the chat's lock."""
    chat = _living_link(work.connection, command.token, work.now).chat_id
    head = work.head(chat)
    link = _living_link(work.connection, command.token, work.now)  # anew, now that the chat is locked
    if role_in(work.connection, chat, actor) is not None:
        return w.ChatJoinedBy(chat=wire_id(chat))
    _may_follow(work.connection, link, actor)
    add_member(work, head, actor, actor, "member")
    work.connection.execute(update(t.chat_link).where(k.id == link.id).values(uses=k.uses + 1))
    return w.ChatJoinedBy(chat=wire_id(chat))


def list_links(connection: Connection, account: int, command: w.ChatLinkList, now: int) -> w.ChatLinksListed:
    chat = parse_id(command.chat)
    kind = connection.execute(select(t.chat.c.kind).where(t.chat.c.id == chat)).scalar()
    if kind is None:
        raise AppError("chat_unknown")
    decide_manage(member_role(connection, chat, account), kind)
    rows = connection.execute(
        select(t.chat_link).where(k.chat_id == chat, k.expires_ms > now).order_by(k.created_ms.desc(), k.id.desc())
    )
    return w.ChatLinksListed(links=[_shown(row) for row in rows])


def look_at_link(connection: Connection, account: int, command: w.ChatLinkLook, now: int) -> w.ChatLinkSeen:
    link = _living_link(connection, command.token, now)
    inside = role_in(connection, link.chat_id, account) is not None
    if not inside:
        _may_follow(connection, link, account)
    c = t.chat.c
    chat = connection.execute(select(c.title, c.members_count).where(c.id == link.chat_id)).one()
    return w.ChatLinkSeen(
        title=chat.title, members_count=chat.members_count, chat=wire_id(link.chat_id) if inside else None
    )


TimedRead = Callable[[Connection, int, Any, int], Any]
TIMED_READS: dict[type, TimedRead] = {w.ChatLinkList: list_links, w.ChatLinkLook: look_at_link}
"""Reads that ask what time it is."""


def _managed(work: Work, actor: int, chat: str) -> Head:
    """The group, when the actor administers it. Class chats follow the class, and nobody joins them by a link."""
    head = work.head(parse_id(chat))
    decide_manage(member_role(work.connection, head.id, actor), head.kind)
    if head.kind != "group":
        raise AppError("chat_kind_mismatch")
    return head


def _living_link(connection: Connection, token: str, now: int) -> Row[Any]:
    """Expired, revoked, used up and never made are one answer: a guess learns nothing."""
    row = connection.execute(
        select(t.chat_link).where(
            k.token_sha256 == _digest(token),
            k.revoked_ms.is_(None),
            k.expires_ms > now,
            or_(k.uses_max.is_(None), k.uses < k.uses_max),
        )
    ).first()
    if row is None:
        raise AppError("chat_link_expired")
    return row


def _may_follow(connection: Connection, link: Row[Any], account: int) -> None:
    standings = load_standings(connection, (account, link.made_by))
    if account in standings and link.made_by in standings:
        schools = [
            {role.school for role in standings[one].roles if role.role != "parent"} - {None}
            for one in (account, link.made_by)
        ]
        if schools[0] & schools[1] or may_write(connection, link.made_by, account) is None:
            return
    raise AppError("not_in_school")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _shown(row: Row[Any]) -> w.ChatLink:
    return w.ChatLink(
        id=wire_id(row.id),
        made_by=wire_id(row.made_by),
        created=row.created_ms,
        expires=row.expires_ms,
        uses=row.uses,
        uses_max=row.uses_max,
        revoked=row.revoked_ms is not None,
    )
