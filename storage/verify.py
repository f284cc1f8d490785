"""Provable delivery: shows that no log lost, doubled, reordered or altered an entry. Mends nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, func, select

from . import tables as t
from .events import GENESIS, POSTED, WORDED, body_commitment, event_hash

FAULTS_MAX = 100
"""Enough to see what happened; a broken chain would name every later entry."""


@dataclass(slots=True)
class Report:
    chats: int = 0
    events: int = 0
    bodies: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(text)


def verify(connection: Connection) -> Report:
    """Walk every chat's chain against its head, every surviving body against its commitment, every account's log."""
    report = Report()
    c = t.chat.c
    for chat, seq, post_no, head_hash in connection.execute(select(c.id, c.seq, c.post_no, c.head_hash)):
        report.chats += 1
        _verify_chat(connection, report, chat, seq, post_no, head_hash)
    a = t.account_event.c
    for account, first, last, count in connection.execute(
        select(a.account_id, func.min(a.seq), func.max(a.seq), func.count()).group_by(a.account_id)
    ):
        head = connection.execute(select(t.account.c.seq).where(t.account.c.id == account)).scalar()
        if last != head or last - first + 1 != count:
            report.fault(f"account {account}: log has a gap or ends before its head")
    return report


def _verify_chat(connection: Connection, report: Report, chat: int, head: int, post_no: int, head_hash: bytes) -> None:
    e, b = t.chat_event.c, t.message_body.c
    rows = connection.execute(
        select(t.chat_event, b.salt, b.body)
        .outerjoin(t.message_body, and_(b.chat_id == e.chat_id, b.seq == e.seq))
        .where(e.chat_id == chat)
        .order_by(e.seq)
    )
    previous, expected, posts = GENESIS, 1, 0
    for row in rows:
        report.events += 1
        if row.seq != expected:
            report.fault(f"chat {chat}: {expected} is missing before {row.seq}")
            return
        digest = event_hash(
            previous, chat, row.seq, row.kind, row.actor, row.ts_ms, row.target_seq, row.facts, row.body_commit
        )
        if digest != row.hash:
            report.fault(f"chat {chat}: entry {row.seq} was altered")
            return
        if row.body is not None:
            report.bodies += 1
            if row.kind not in WORDED or body_commitment(row.salt, row.body.encode()) != row.body_commit:
                report.fault(f"chat {chat}: the text of {row.seq} was altered")
        previous, expected = row.hash, expected + 1
        posts += row.kind == POSTED
    if expected - 1 != head or previous != head_hash:
        report.fault(f"chat {chat}: the log ends at {expected - 1}, its head says {head}")
    if posts != post_no:
        report.fault(f"chat {chat}: {posts} posts, its head says {post_no}")
