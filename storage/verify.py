"""Provable delivery: shows that no log lost, doubled, reordered or altered an entry, and that every table says what
the logs say. Mends nothing.

Not in any log, hence not proved: the origin of a forward, stars and hidden marks (a pruned log tells them), read marks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from . import file_tables as f
from . import tables as t
from .events import GENESIS, body_commitment, event_hash
from .replay import Replay

FAULTS_MAX = 100
"""Enough to see what happened; a broken chain would name every later entry."""

OF_A_CHAT = (
    t.chat_event,
    t.message,
    t.message_body,
    t.chat_pin,
    t.reaction,
    t.mention,
    t.membership,
    t.search_row,
    f.attachment,
)
"""Tables whose rows belong to a row of ``chat``."""


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
    """Walk every chat's chain against its head, hold every table of the chat against its events, every surviving body
    against its commitment, and every account's log against its head.
    """
    report = Report()
    for table in OF_A_CHAT:
        c = table.c.chat_id
        for chat in connection.execute(select(c).where(c.not_in(select(t.chat.c.id))).distinct()).scalars():
            report.fault(f"chat {chat}: rows in {table.name}, but the chat is gone")
    for chat in connection.execute(select(t.chat).order_by(t.chat.c.id)).all():
        report.chats += 1
        replay = _verify_chain(connection, report, chat)
        if replay is not None:
            _verify_tables(connection, report, chat, replay)
    _verify_accounts(connection, report)
    return report


def _verify_accounts(connection: Connection, report: Report) -> None:
    a = t.account_event.c
    logs = {
        row[0]: row[1:]
        for row in connection.execute(
            select(a.account_id, func.min(a.seq), func.max(a.seq), func.count()).group_by(a.account_id)
        )
    }
    for account, head in connection.execute(select(t.account.c.id, t.account.c.seq)):
        first, last, count = logs.pop(account, (head + 1, 0, 0))
        if last != head or last - first + 1 != count:
            report.fault(f"account {account}: log has a gap or ends before its head")
    for account in logs:
        report.fault(f"account {account}: has a log, but the account is gone")


def _verify_chain(connection: Connection, report: Report, chat: Row[Any]) -> Replay | None:
    """The replayed log, or None when the chain breaks: what follows a break proves nothing."""
    m, e = t.membership.c, t.chat_event.c
    founders = connection.execute(select(m.account_id).where(m.chat_id == chat.id, m.from_seq == 1)).scalars()
    replay = Replay(frozenset(founders), chat.history_for_new)
    previous, expected = GENESIS, 1
    for row in connection.execute(select(t.chat_event).where(e.chat_id == chat.id).order_by(e.seq)):
        report.events += 1
        if row.seq != expected:
            report.fault(f"chat {chat.id}: {expected} is missing before {row.seq}")
            return None
        digest = event_hash(
            previous, chat.id, row.seq, row.kind, row.actor, row.ts_ms, row.target_seq, row.facts, row.body_commit
        )
        if digest != row.hash:
            report.fault(f"chat {chat.id}: entry {row.seq} was altered")
            return None
        replay.apply(row)
        previous, expected = row.hash, expected + 1
    if expected - 1 != chat.seq or previous != chat.head_hash:
        report.fault(f"chat {chat.id}: the log ends at {expected - 1}, its head says {chat.seq}")
    return replay


def _verify_tables(connection: Connection, report: Report, chat: Row[Any], replay: Replay) -> None:
    posts = len(replay.messages)
    if posts != chat.post_no:
        report.fault(f"chat {chat.id}: {posts} posts, its head says {chat.post_no}")
    if (replay.present, replay.last_ms) != (chat.members_count, chat.last_ms):
        report.fault(f"chat {chat.id}: its row says another number of members or another last time than its log")
    if replay.pin_policy not in (None, chat.pin_policy):
        report.fault(f"chat {chat.id}: its row says another pin policy than its log")
    if (replay.write_policy, replay.slow_s) != (chat.write_policy, chat.slow_s):
        report.fault(f"chat {chat.id}: its row says another rule of writing than its log")
    _verify_bodies(connection, report, chat, replay)
    _verify_messages(connection, report, chat.id, replay)
    p, r, m, n = t.chat_pin.c, t.reaction.c, t.membership.c, t.mention.c
    mentions = connection.execute(select(n.seq, n.account_id).where(n.chat_id == chat.id))
    _compare(report, chat.id, "mention", dict.fromkeys(replay.mentions, True), {tuple(row): True for row in mentions})
    a = f.attachment.c
    files: dict[int, list[int]] = {}
    for seq, file in connection.execute(select(a.seq, a.file_id).where(a.chat_id == chat.id).order_by(a.seq, a.place)):
        files.setdefault(seq, []).append(file)
    _compare(report, chat.id, "attachments of", replay.files, files)
    pins = connection.execute(select(p.target_seq, p.pinned_seq).where(p.chat_id == chat.id))
    _compare(report, chat.id, "pin", replay.pins, {row[0]: row[1] for row in pins})
    reactions = connection.execute(select(r.target_seq, r.emoji, r.account_id, r.seq).where(r.chat_id == chat.id))
    _compare(report, chat.id, "reaction", replay.reactions, {tuple(row[:3]): row[3] for row in reactions})
    members = connection.execute(select(m.account_id, m.from_seq, m.to_seq, m.role).where(m.chat_id == chat.id))
    _compare(report, chat.id, "membership", replay.members, {(row[0], row[1]): tuple(row[2:]) for row in members})


def _verify_bodies(connection: Connection, report: Report, chat: Row[Any], replay: Replay) -> None:
    b, e = t.message_body.c, t.chat_event.c
    found: set[int] = set()
    for row in connection.execute(
        select(t.message_body, e.body_commit)
        .outerjoin(t.chat_event, and_(e.chat_id == b.chat_id, e.seq == b.seq))
        .where(b.chat_id == chat.id)
    ):
        report.bodies += 1
        found.add(row.seq)
        if row.seq not in replay.bodies:
            report.fault(f"chat {chat.id}: the text of {row.seq} stands, but the log has none there or deleted it")
        elif body_commitment(row.salt, row.body.encode()) != row.body_commit:
            report.fault(f"chat {chat.id}: the text of {row.seq} was altered")
        elif row.seq == replay.title_seq and row.body != chat.title:
            report.fault(f"chat {chat.id}: its row says another title than its log")
    for seq in sorted(replay.bodies - found):
        report.fault(f"chat {chat.id}: the text of {seq} is gone, but nobody deleted it")


def _verify_messages(connection: Connection, report: Report, chat: int, replay: Replay) -> None:
    m, s = t.message.c, t.search_row.c
    told = {
        seq: (x.author, x.nonce, x.ts_ms, x.post_no, x.reply_to, x.body_seq, x.edited_ms, x.deleted_ms)
        for seq, x in replay.messages.items()
    }
    columns = (m.author, m.nonce, m.ts_ms, m.post_no, m.reply_to, m.body_seq, m.edited_ms, m.deleted_ms)
    rows = connection.execute(select(m.seq, *columns).where(m.chat_id == chat))
    _compare(report, chat, "message", told, {row[0]: tuple(row[1:]) for row in rows})
    living = {seq: True for seq, x in replay.messages.items() if x.deleted_ms is None}
    indexed = connection.execute(select(s.seq).where(s.chat_id == chat)).scalars()
    _compare(report, chat, "search entry", living, dict.fromkeys(indexed, True))


def _compare(report: Report, chat: int, what: str, told: Mapping[Any, Any], stored: Mapping[Any, Any]) -> None:
    """Name each key where the log (``told``) and the table (``stored``) differ."""
    for key in [key for key in told if key not in stored]:
        report.fault(f"chat {chat}: {what} {key} is missing")
    for key, value in stored.items():
        if key not in told:
            report.fault(f"chat {chat}: {what} {key} is in no log")
        elif told[key] != value:
            report.fault(f"chat {chat}: {what} {key} was altered")
