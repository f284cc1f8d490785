"""Changing messages that stand: edit, delete, forward, pin, star, react (R-91, D8, D9, E-5). Posts stand in posting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from rtserver.school.relations import findable, may_write
from rtserver.wire import chat as w
from rtserver.wire.errors import AppError
from rtserver.wire.types import Attachment, Forwarded
from storage import tables as t
from storage.attachments import attachments_of, detach, files_of
from storage.db import upsert
from storage.events import DELETED, EDITED, PINNED, REACTED, UNPINNED, UNREACTED
from storage.ids import parse_id, wire_id
from storage.search import Entry, erase_posts, index_posts
from storage.unread import unread_counts

from .loads import (
    body_of,
    living_message,
    member_role,
    other_of_direct,
    person_name,
    present_members,
    visible_message,
)
from .posting import Bulk, Post, check_write, post_hash, request_hash
from .rules import check_emoji, check_text, decide_delete_for_everyone, decide_edit, decide_pin_message
from .work import Head, Work


def _target(work: Work, actor: int, chat: str, seq: int) -> tuple[Head, str, Row[Any]]:
    """The chat, the actor's role and a living message the actor can see."""
    head = work.head(parse_id(chat))
    role = member_role(work.connection, head.id, actor)
    return head, role, living_message(work.connection, head.id, actor, seq)


def _may_change(work: Work, head: Head, actor: int) -> None:
    """A block or an ended relation closes a direct chat for changes too (D17)."""
    if head.kind == "direct":
        refusal = may_write(work.connection, actor, other_of_direct(head.direct_key, actor))
        if refusal is not None:
            raise refusal


def _message(head: Head, seq: int) -> Any:
    return (t.message.c.chat_id == head.id) & (t.message.c.seq == seq)


def edit(work: Work, actor: int, command: w.MessageEdit) -> w.Done:
    head, _, row = _target(work, actor, command.chat, command.target)
    with_files = not command.text.strip() and bool(files_of(work.connection, head.id, row.seq))
    check_text(command.text, work.limits, with_files=with_files)
    decide_edit(
        actor,
        row.author,
        row.ts_ms,
        deleted=False,
        forwarded=row.forwarded_name is not None,
        now=work.now,
        limits=work.limits,
    )
    _may_change(work, head, actor)
    if body_of(work.connection, head.id, row.body_seq) == command.text:
        return w.Done()
    erase_posts(work.connection, head.id, [(row.seq, row.author, row.body_seq)])
    event = work.append(head, EDITED, actor, target=row.seq, body=command.text)
    work.connection.execute(
        update(t.message).where(_message(head, row.seq)).values(body_seq=event.seq, edited_ms=event.ts_ms)
    )
    index_posts(work.connection, [Entry(head.id, row.seq, row.author, command.text)])
    return w.Done()


def delete_messages(work: Work, actor: int, command: w.MessageDelete) -> w.Done:
    """D8. Deleting what is deleted already changes nothing."""
    head = work.head(parse_id(command.chat))
    role = member_role(work.connection, head.id, actor)
    targets = sorted(set(command.targets))
    if command.scope == "me":
        return _hide(work, head, actor, targets)
    rows = [visible_message(work.connection, head.id, actor, seq) for seq in targets]
    living = [row for row in rows if row.deleted_ms is None]
    for row in living:
        decide_delete_for_everyone(actor, role, head.kind, row.author, row.ts_ms, work.now, work.limits)
    for row in living:
        _erase(work, head, actor, row)
    return w.Done()


def _erase(work: Work, head: Head, actor: int, row: Row[Any]) -> None:
    """A tombstone: the texts of the post and of all its edits, and its hold on files, go in this transaction; the chain
    stays whole.
    """
    erase_posts(work.connection, head.id, [(row.seq, row.author, row.body_seq)])
    e, b = t.chat_event.c, t.message_body.c
    edits = select(e.seq).where(e.chat_id == head.id, e.kind == EDITED, e.target_seq == row.seq)
    work.connection.execute(delete(t.message_body).where(b.chat_id == head.id, (b.seq == row.seq) | b.seq.in_(edits)))
    for table in (t.chat_pin, t.reaction, t.star):
        work.connection.execute(delete(table).where(table.c.chat_id == head.id, table.c.target_seq == row.seq))
    detach(work.connection, head.id, [row.seq])
    work.connection.execute(delete(t.mention).where(t.mention.c.chat_id == head.id, t.mention.c.seq == row.seq))
    event = work.append(head, DELETED, actor, target=row.seq)
    work.connection.execute(
        update(t.message)
        .where(_message(head, row.seq))
        .values(deleted_ms=event.ts_ms, forwarded_name=None, forwarded_author=None, forwarded_ms=None)
    )


def _hide(work: Work, head: Head, actor: int, targets: Sequence[int]) -> w.Done:
    rows = [visible_message(work.connection, head.id, actor, seq) for seq in targets]
    work.connection.execute(
        insert(t.hidden), [{"account_id": actor, "chat_id": head.id, "target_seq": r.seq} for r in rows]
    )
    work.connection.execute(
        delete(t.star).where(
            t.star.c.account_id == actor, t.star.c.chat_id == head.id, t.star.c.target_seq.in_(targets)
        )
    )
    unread = unread_counts(work.connection, actor, [head.id], work.marks_of(actor))[head.id]
    work.append_account(
        actor,
        lambda seq, at: w.MessagesHidden(
            seq=seq,
            ts=at,
            chat=wire_id(head.id),
            targets=list(targets),
            unread=unread.posts,
            unread_mentions=unread.mentions,
        ),
    )
    return w.Done()


def forward(work: Work, actor: int, command: w.MessageForward) -> w.MessageForwarded:
    """R-91: copies that name the first author; all chats or none. The comment goes before them."""
    source = work.head(parse_id(command.chat))
    member_role(work.connection, source.id, actor)
    rows = [living_message(work.connection, source.id, actor, seq) for seq in sorted(set(command.targets))]
    if command.comment:
        check_text(command.comment, work.limits)
    goals = list(dict.fromkeys(map(parse_id, command.to)))
    work.lock(goals)
    bulk = Bulk(work)
    files = attachments_of(work.connection, [(source.id, row.seq) for row in rows])
    deliveries: list[w.Delivery] = []
    for goal in goals:
        head = work.head(goal)
        member_role(work.connection, goal, actor)
        _may_change(work, head, actor)
        check_write(work, head, actor)
        seqs: list[int] = []
        if command.comment:
            seqs.append(_copy(bulk, head, actor, f"{command.nonce}.c.{goal}", command.comment, None, None))
        for row in rows:
            first = row.author if row.forwarded_name is None else row.forwarded_author
            named = first is not None and _all_may_know(work, first, source.id, goal)
            name = person_name(work.connection, first) if named and first is not None else ""
            kept = first if named else None
            origin = Forwarded(
                author=None if kept is None else wire_id(kept), author_name=name, ts=row.forwarded_ms or row.ts_ms
            )
            text = body_of(work.connection, source.id, row.body_seq)
            nonce = f"{command.nonce}.{row.seq}.{goal}"
            seqs.append(_copy(bulk, head, actor, nonce, text, origin, kept, files.get((source.id, row.seq), ())))
        deliveries.append(w.Delivery(chat=wire_id(goal), seqs=seqs))
    bulk.write()
    return w.MessageForwarded(deliveries=deliveries)


def _all_may_know(work: Work, author: int, source: int, goal: int) -> bool:
    """Whether every member of the goal may learn who wrote it (E-14): one event is told to all of them alike."""
    members = set(present_members(work.connection, goal)) - {author}
    strangers = members - set(present_members(work.connection, source))
    return strangers <= findable(work.connection, author, strangers)


def _copy(
    bulk: Bulk,
    head: Head,
    actor: int,
    nonce: str,
    text: str,
    origin: Forwarded | None,
    first: int | None,
    files: Sequence[Attachment] = (),
) -> int:
    """``nonce`` has dots, which no client's own nonce has: a copy never meets a post."""
    words = text.encode()
    short = request_hash(nonce).hex() + ".f"
    numbers = tuple(parse_id(one.id) for one in files)
    post = Post(head.id, actor, short, text, None, origin, first, files=numbers)
    return bulk.add(head, post, words, post_hash(head.id, None, words, numbers), files).seq


def pin(work: Work, actor: int, command: w.MessagePin) -> w.Done:
    head, role, row = _target(work, actor, command.chat, command.target)
    decide_pin_message(role, head.kind, head.pin_policy)
    _may_change(work, head, actor)
    p = t.chat_pin.c
    pinned = work.connection.execute(select(p.target_seq).where(p.chat_id == head.id)).scalars().all()
    if row.seq in pinned:
        return w.Done()
    if len(pinned) >= work.limits.pinned_messages:
        raise AppError("pinned_messages_limit", limit=work.limits.pinned_messages)
    event = work.append(head, PINNED, actor, target=row.seq)
    work.connection.execute(insert(t.chat_pin).values(chat_id=head.id, target_seq=row.seq, pinned_seq=event.seq))
    return w.Done()


def unpin(work: Work, actor: int, command: w.MessageUnpin) -> w.Done:
    head, role, row = _target(work, actor, command.chat, command.target)
    decide_pin_message(role, head.kind, head.pin_policy)
    p = t.chat_pin.c
    gone = work.connection.execute(delete(t.chat_pin).where(p.chat_id == head.id, p.target_seq == row.seq))
    if gone.rowcount:
        work.append(head, UNPINNED, actor, target=row.seq)
    return w.Done()


def star(work: Work, actor: int, command: w.MessageStar) -> w.Done:
    head, _, row = _target(work, actor, command.chat, command.target)
    statement = upsert(work.connection, t.star).values(
        account_id=actor, chat_id=head.id, target_seq=row.seq, starred_ms=work.now
    )
    if work.connection.execute(statement.on_conflict_do_nothing()).rowcount:
        chat = wire_id(head.id)
        work.append_account(actor, lambda seq, at: w.MessageWasStarred(seq=seq, ts=at, chat=chat, target=row.seq))
    return w.Done()


def unstar(work: Work, actor: int, command: w.MessageUnstar) -> w.Done:
    head = work.head(parse_id(command.chat))
    member_role(work.connection, head.id, actor)
    s = t.star.c
    gone = work.connection.execute(
        delete(t.star).where(s.account_id == actor, s.chat_id == head.id, s.target_seq == command.target)
    )
    if gone.rowcount:
        chat = wire_id(head.id)
        work.append_account(
            actor, lambda seq, at: w.MessageWasUnstarred(seq=seq, ts=at, chat=chat, target=command.target)
        )
    return w.Done()


def react(work: Work, actor: int, command: w.MessageReact) -> w.Done:
    check_emoji(command.emoji)
    head, _, row = _target(work, actor, command.chat, command.target)
    _may_change(work, head, actor)
    r = t.reaction.c
    on_message = (r.chat_id == head.id) & (r.target_seq == row.seq)
    mine = on_message & (r.emoji == command.emoji) & (r.account_id == actor)
    present = work.connection.execute(select(r.seq).where(mine)).first() is not None
    if present == command.on:
        return w.Done()
    if not command.on:
        work.connection.execute(delete(t.reaction).where(mine))
        work.append(head, UNREACTED, actor, target=row.seq, e=command.emoji)
        return w.Done()
    kinds = work.connection.execute(
        select(func.count(r.emoji.distinct())).where(on_message, r.emoji != command.emoji)
    ).scalar_one()
    if kinds >= work.limits.distinct_reactions:
        raise AppError("reactions_limit")
    event = work.append(head, REACTED, actor, target=row.seq, e=command.emoji)
    work.connection.execute(
        insert(t.reaction).values(
            chat_id=head.id, target_seq=row.seq, emoji=command.emoji, account_id=actor, seq=event.seq
        )
    )
    return w.Done()
