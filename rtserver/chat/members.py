"""Making chats and changing who is in them. Intervals of membership are written here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from rtserver.school.relations import may_write
from rtserver.wire import chat as w
from rtserver.wire.errors import AppError
from rtserver.wire.types import ChatKind, ChatRole
from storage import tables as t
from storage.db import upsert
from storage.events import CREATED, GENESIS, MEMBER_ADDED, MEMBER_REMOVED, MEMBER_ROLE, UPDATED
from storage.ids import new_id, parse_id, wire_id

from .drafts import drop_draft
from .loads import admins_count, member_role, pins_of, role_in
from .rules import check_title, decide_manage
from .views import save_pins
from .work import Head, Work

m = t.membership.c


def make_chat(
    work: Work,
    kind: ChatKind,
    title: str,
    actor: int | None,
    members: Sequence[tuple[int, ChatRole]],
    *,
    direct_key: str | None = None,
    school: int | None = None,
    history_for_new: bool = False,
    pin_policy: str = "staff",
    ts: int | None = None,
) -> Head:
    """A new chat with its first members; everything is told to them."""
    at = work.now if ts is None else ts
    head = Head(new_id(at), kind, title, pin_policy, direct_key, history_for_new, 0, 0, GENESIS, 0, at)
    work.connection.execute(
        insert(t.chat).values(
            id=head.id,
            kind=kind,
            title=title,
            pin_policy=pin_policy,
            direct_key=direct_key,
            school_id=school,
            history_for_new=history_for_new,
            head_hash=GENESIS,
            created_ms=at,
            last_ms=at,
        )
    )
    work.heads[head.id] = head
    work.append(head, CREATED, actor, body=title, ts=ts, k=kind)
    for account, role in members:
        add_member(work, head, actor, account, role, founding=True, ts=ts)
    return head


def add_member(
    work: Work,
    head: Head,
    actor: int | None,
    account: int,
    role: ChatRole,
    *,
    founding: bool = False,
    ts: int | None = None,
) -> None:
    """Open an interval: from the first event for founders and class chats, else from joining (architecture §2)."""
    if head.members_count >= work.limits.members:
        raise AppError("members_limit", limit=work.limits.members)
    row = work.append(head, MEMBER_ADDED, actor, ts=ts, a=account, r=role)
    head.members_count += 1
    from_seq = 1 if founding or head.history_for_new else row.seq
    statement = upsert(work.connection, t.membership).values(
        chat_id=head.id, account_id=account, from_seq=from_seq, to_seq=None, role=role
    )
    work.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["chat_id", "account_id", "from_seq"], set_={"to_seq": None, "role": role}
        )
    )
    work.append_account(account, lambda seq, at: w.ChatJoined(seq=seq, ts=at, chat=wire_id(head.id)))


def remove_member(work: Work, head: Head, actor: int | None, account: int) -> None:
    """Close the interval at the removal's own ``seq``, which the removed one may still see."""
    row = work.append(head, MEMBER_REMOVED, actor, a=account)
    head.members_count -= 1
    work.connection.execute(
        update(t.membership)
        .where(m.chat_id == head.id, m.account_id == account, m.to_seq.is_(None))
        .values(to_seq=row.seq)
    )
    drop_draft(work, account, head.id)
    pins = pins_of(work.connection, account)
    if head.id in pins:
        save_pins(work, account, [chat for chat in pins if chat != head.id])
    work.append_account(account, lambda seq, at: w.ChatLeft(seq=seq, ts=at, chat=wire_id(head.id)))


def create(work: Work, actor: int, command: w.ChatCreate) -> w.ChatCreated:
    """E-8: a group is its maker's; R-86. A direct chat is made once for each pair, by access (D17)."""
    others = [one for one in dict.fromkeys(map(parse_id, command.members)) if one != actor]
    if not others:
        raise AppError("person_unknown")
    for other in others:
        refusal = may_write(work.connection, actor, other)
        if refusal is not None:
            raise refusal
    if command.kind == "group":
        title = check_title(command.title, work.limits)
        members: list[tuple[int, ChatRole]] = [(actor, "admin"), *((other, "member") for other in others)]
        head = make_chat(work, "group", title, actor, members)
        return w.ChatCreated(chat=wire_id(head.id), seq=head.seq)
    if len(others) != 1:
        raise AppError("bad_request", detail="members")
    key = direct_key(actor, others[0])
    known = work.connection.execute(select(t.chat.c.id).where(t.chat.c.direct_key == key)).scalar()
    if known is not None:
        return w.ChatCreated(chat=wire_id(known), seq=work.head(known).seq)
    head = make_chat(work, "direct", "", actor, [(actor, "member"), (others[0], "member")], direct_key=key)
    return w.ChatCreated(chat=wire_id(head.id), seq=head.seq)


def direct_key(a: int, b: int) -> str:
    return f"{min(a, b)}:{max(a, b)}"


def update_chat(work: Work, actor: int, command: w.ChatUpdate) -> w.Done:
    head = work.head(parse_id(command.chat))
    decide_manage(member_role(work.connection, head.id, actor), head.kind)
    title = None if command.title is None else check_title(command.title, work.limits)
    if title == head.title:
        title = None
    policy = command.pin_policy if command.pin_policy != head.pin_policy else None
    writers = command.write_policy if command.write_policy != head.write_policy else None
    slow_s = command.slow_s if command.slow_s != head.slow_s else None
    if title is None and policy is None and writers is None and slow_s is None:
        return w.Done()
    head.title = title or head.title
    head.pin_policy = policy or head.pin_policy
    head.write_policy = writers or head.write_policy
    head.slow_s = head.slow_s if slow_s is None else slow_s
    work.append(head, UPDATED, actor, body=title, pp=policy, wp=writers, sl=slow_s)
    return w.Done()


def leave(work: Work, actor: int, command: w.ChatLeave) -> w.Done:
    """Leave a group; the last administrator of others hands over first. Class chats follow the class (D17)."""
    head = work.head(parse_id(command.chat))
    role = member_role(work.connection, head.id, actor)
    if head.kind != "group":
        raise AppError("chat_kind_mismatch")
    if role == "admin" and head.members_count > 1 and admins_count(work.connection, head.id) == 1:
        raise AppError("last_admin")
    remove_member(work, head, actor, actor)
    return w.Done()


def add(work: Work, actor: int, command: w.MemberAdd) -> w.Done:
    """R-86, R-87: people whom the actor may write to are in at once."""
    head = work.head(parse_id(command.chat))
    decide_manage(member_role(work.connection, head.id, actor), head.kind)
    for account in dict.fromkeys(map(parse_id, command.accounts)):
        if role_in(work.connection, head.id, account) is not None:
            continue
        refusal = may_write(work.connection, actor, account)
        if refusal is not None:
            raise refusal
        add_member(work, head, actor, account, "member")
    return w.Done()


def remove(work: Work, actor: int, command: w.MemberRemove) -> w.Done:
    head = work.head(parse_id(command.chat))
    decide_manage(member_role(work.connection, head.id, actor), head.kind)
    account = parse_id(command.account)
    role = role_in(work.connection, head.id, account)
    if role is None:
        raise AppError("person_unknown")
    if role == "admin" and admins_count(work.connection, head.id) == 1:
        raise AppError("last_admin")
    remove_member(work, head, actor, account)
    return w.Done()


def change_role(work: Work, actor: int, command: w.MemberRole) -> w.Done:
    head = work.head(parse_id(command.chat))
    decide_manage(member_role(work.connection, head.id, actor), head.kind)
    account = parse_id(command.account)
    role = role_in(work.connection, head.id, account)
    if role is None:
        raise AppError("person_unknown")
    if role == command.role:
        return w.Done()
    if role == "admin" and admins_count(work.connection, head.id) == 1:
        raise AppError("last_admin")
    work.append(head, MEMBER_ROLE, actor, a=account, r=command.role)
    work.connection.execute(
        update(t.membership)
        .where(m.chat_id == head.id, m.account_id == account, m.to_seq.is_(None))
        .values(role=command.role)
    )
    return w.Done()
