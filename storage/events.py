"""Rows of the logs to wire events and back, and the hash chain. The only place that knows what a row's facts mean.

An event holds facts, not words: titles and texts are bodies in ``message_body``, bound by ``body_commit``.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from rtserver.wire import auth as wa
from rtserver.wire import chat as w
from rtserver.wire import family as ws
from rtserver.wire import files as wf
from rtserver.wire.types import Attachment, ChatView, Forwarded

from .ids import wire_id

GENESIS = bytes(32)
"""``head_hash`` of a chat without events."""
SALT_BYTES = 16
EVERYBODY = 0
"""The account of a mention of all."""

# kinds of chat_event.kind; a number never changes its meaning
CREATED, UPDATED, MEMBER_ADDED, MEMBER_REMOVED, MEMBER_ROLE = 1, 2, 3, 4, 5
POSTED, EDITED, DELETED, PINNED, UNPINNED, REACTED, UNREACTED = 10, 11, 12, 13, 14, 15, 16
WORDED = frozenset({CREATED, UPDATED, POSTED, EDITED})
"""Kinds that have a body row until it is erased."""

# kinds of account_event.kind
ACCOUNT_EVENTS: dict[int, type[w.AccountEvent]] = {
    1: w.ChatJoined,
    2: w.ChatLeft,
    3: w.ChatViewChanged,
    4: w.MessageWasStarred,
    5: w.MessageWasUnstarred,
    6: w.MessagesHidden,
    7: w.SessionEnded,
    20: ws.ApplicationDecided,
    21: ws.EntryChanged,
    22: ws.FamilyChanged,
    23: ws.RolesChanged,
    24: ws.BlockChanged,
    30: wa.ContactClaimed,
    40: wf.FileFinished,
    41: wf.PostDropped,
}
_ACCOUNT_KINDS = {event: kind for kind, event in ACCOUNT_EVENTS.items()}

_FIXED = struct.Struct(">qqhqqqI")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class EventRow(NamedTuple):
    """A row of ``chat_event``."""

    chat_id: int
    seq: int
    kind: int
    actor: int | None
    ts_ms: int
    target_seq: int | None
    facts: bytes | None
    body_commit: bytes | None
    hash: bytes


def event_hash(
    previous: bytes,
    chat_id: int,
    seq: int,
    kind: int,
    actor: int | None,
    ts_ms: int,
    target_seq: int | None,
    facts: bytes | None,
    body_commit: bytes | None,
) -> bytes:
    """SHA-256 over the previous hash and every other field, each at a fixed place or with its length (big-endian)."""
    plain = facts or b""
    return hashlib.sha256(
        previous
        + _FIXED.pack(chat_id, seq, kind, actor or 0, ts_ms, target_seq or 0, len(plain))
        + plain
        + (body_commit or b"")
    ).digest()


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def new_salts(count: int) -> list[bytes]:
    """Many by one question to the kernel, which takes 1 µs of each post otherwise."""
    plain = secrets.token_bytes(SALT_BYTES * count)
    return [plain[at : at + SALT_BYTES] for at in range(0, len(plain), SALT_BYTES)]


def body_commitment(salt: bytes, body: bytes) -> bytes:
    """``SHA-256(salt + body)``, the body in UTF-8: it proves the text while it stands, tells nothing once erased."""
    return hashlib.sha256(salt + body).digest()


def encode_facts(**facts: Any) -> bytes | None:
    """The facts of a row as msgpack, without what is not set."""
    kept = {key: value for key, value in facts.items() if value is not None}
    return _encode(kept) if kept else None


def decode_facts(facts: bytes | None) -> dict[str, Any]:
    plain: dict[str, Any] = _decode(facts) if facts else {}
    return plain


def post_facts(nonce: str, post_no: int, files: Sequence[int] = (), mentions: Sequence[int] = ()) -> bytes:
    """``encode_facts`` of a post. Of its files the ids alone, for their names are words; ``mentions`` are accounts, and
    ``EVERYBODY`` is all of the chat.
    """
    facts: dict[str, Any] = {"n": nonce, "p": post_no}
    if files:
        facts["f"] = list(files)
    if mentions:
        facts["m"] = list(mentions)
    return _encode(facts)


def mentions_of(accounts: Iterable[int]) -> list[str]:
    """The people among mentions, on the wire."""
    return sorted(wire_id(account) for account in accounts if account != EVERYBODY)


def holds_files(row: Any) -> bool:
    """Whether a row of the log is a post that came with files."""
    return row.kind == POSTED and "f" in decode_facts(row.facts)


def chat_event(
    row: Any, body: str | None, forwarded: Forwarded | None = None, files: Sequence[Attachment] = ()
) -> w.ChatEvent:
    """The wire event of a ``chat_event`` row; ``body`` is None when the row has no words or they are erased."""
    facts = decode_facts(row.facts)
    head: dict[str, Any] = {
        "chat": wire_id(row.chat_id),
        "seq": row.seq,
        "ts": row.ts_ms,
        "actor": None if row.actor is None else wire_id(row.actor),
    }
    kind = row.kind
    if kind == POSTED:
        return w.MessagePosted(
            **head,
            text=body or "",
            nonce=facts["n"],
            post_no=facts["p"],
            reply_to=row.target_seq,
            forwarded=forwarded,
            erased=body is None,
            files=list(files),
            # of a deleted message nothing is told that its tombstone does not show
            mentions=[] if body is None else mentions_of(facts.get("m", ())),
            mentions_all=body is not None and EVERYBODY in facts.get("m", ()),
        )
    if kind == EDITED:
        return w.MessageEdited(**head, target=row.target_seq, text=body or "", erased=body is None)
    if kind == CREATED:
        return w.ChatWasCreated(**head, chat_kind=facts["k"], title=body or "")
    if kind == UPDATED:
        return w.ChatUpdated(
            **head, title=body, pin_policy=facts.get("pp"), write_policy=facts.get("wp"), slow_s=facts.get("sl")
        )
    if kind in (MEMBER_ADDED, MEMBER_ROLE):
        member = w.MemberAdded if kind == MEMBER_ADDED else w.MemberRoleChanged
        return member(**head, account=wire_id(facts["a"]), role=facts["r"])
    if kind == MEMBER_REMOVED:
        return w.MemberRemoved(**head, account=wire_id(facts["a"]))
    if kind in (REACTED, UNREACTED):
        reaction = w.ReactionAdded if kind == REACTED else w.ReactionRemoved
        return reaction(**head, target=row.target_seq, emoji=facts["e"])
    simple = {DELETED: w.MessageDeleted, PINNED: w.MessagePinned, UNPINNED: w.MessageUnpinned}[kind]
    return simple(**head, target=row.target_seq)


def account_facts(event: w.AccountEvent) -> tuple[int, bytes]:
    """Kind and facts of an account event's row: its whole wire form, since it names nobody's words."""
    return _ACCOUNT_KINDS[type(event)], _encode(event)


_account_decoders = {kind: msgspec.msgpack.Decoder(event) for kind, event in ACCOUNT_EVENTS.items()}


def account_event(row: Any) -> w.AccountEvent:
    event: w.AccountEvent = _account_decoders[row.kind].decode(row.facts)
    return event


def view_of(row: Any, mark: int = 0) -> ChatView:
    """The wire's view of a ``chat_view`` row, or of none; ``mark`` is a read mark not yet stored."""
    if row is None:
        return ChatView(read_seq=mark)
    return ChatView(
        archived_at_seq=row.archived_at_seq,
        marked_unread=row.marked_unread,
        muted_until=row.muted_until_ms,
        read_seq=max(row.read_seq, mark),
    )
