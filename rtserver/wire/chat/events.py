"""What a chat's log and an account's own log tell, and what is told without a log. Shapes only.

An event is past tense. A client ignores fields it does not know.
"""

from __future__ import annotations

import msgspec

from ..types import (
    Attachment,
    ChatKind,
    ChatRole,
    ChatView,
    Forwarded,
    Id,
    Ms,
    PinPolicy,
    Seq,
    Slow,
)

# --- events of a chat's log ------------------------------------------------------------------------------------


class ChatEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=False):
    """An entry of a chat's log: gap-free ``seq``, the same for every member (E-1)."""

    chat: Id
    seq: Seq
    ts: Ms
    actor: Id | None


class ChatWasCreated(ChatEvent, frozen=True, tag="chat.created"):
    chat_kind: ChatKind
    title: str


class ChatUpdated(ChatEvent, frozen=True, tag="chat.updated"):
    title: str | None = None
    pin_policy: PinPolicy | None = None
    write_policy: PinPolicy | None = None
    slow_s: Slow | None = None


class MemberAdded(ChatEvent, frozen=True, tag="member.added"):
    account: Id
    role: ChatRole


class MemberRemoved(ChatEvent, frozen=True, tag="member.removed"):
    """``actor`` is the leaver's own id when somebody left."""

    account: Id


class MemberRoleChanged(ChatEvent, frozen=True, tag="member.role_changed"):
    account: Id
    role: ChatRole


class MessagePosted(ChatEvent, frozen=True, tag="message.posted"):
    """``text`` is empty and ``erased`` true when the message was deleted for everyone before this was read."""

    text: str
    nonce: str
    post_no: int
    reply_to: Seq | None = None
    forwarded: Forwarded | None = None
    erased: bool = False
    files: list[Attachment] = msgspec.field(default_factory=list)
    mentions: list[Id] = msgspec.field(default_factory=list)
    mentions_all: bool = False


class MessageEdited(ChatEvent, frozen=True, tag="message.edited"):
    target: Seq
    text: str
    erased: bool = False


class MessageDeleted(ChatEvent, frozen=True, tag="message.deleted"):
    target: Seq


class MessagePinned(ChatEvent, frozen=True, tag="message.pinned"):
    target: Seq


class MessageUnpinned(ChatEvent, frozen=True, tag="message.unpinned"):
    target: Seq


class ReactionAdded(ChatEvent, frozen=True, tag="reaction.added"):
    target: Seq
    emoji: str


class ReactionRemoved(ChatEvent, frozen=True, tag="reaction.removed"):
    target: Seq
    emoji: str


# --- events of an account's own log ----------------------------------------------------------------------------


class AccountEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """An entry of the account's own log, told to all devices of that account and to nobody else."""

    seq: Seq
    ts: Ms


class ChatJoined(AccountEvent, frozen=True, tag="chat.joined"):
    """The account is in a chat from now on; the client asks ``chat.get`` for its state."""

    chat: Id


class ChatLeft(AccountEvent, frozen=True, tag="chat.left"):
    chat: Id


class ChatViewChanged(AccountEvent, frozen=True, tag="chat.view_changed"):
    """The whole of the account's view of one chat, and all its pins in order. ``view.read_seq`` only grows."""

    chat: Id
    view: ChatView
    pins: list[Id]


class MessageWasStarred(AccountEvent, frozen=True, tag="message.starred"):
    chat: Id
    target: Seq


class MessageWasUnstarred(AccountEvent, frozen=True, tag="message.unstarred"):
    chat: Id
    target: Seq


class MessagesHidden(AccountEvent, frozen=True, tag="messages.hidden"):
    """Deleted for me. ``unread`` and ``unread_mentions`` are the chat's exact counts after it."""

    chat: Id
    targets: list[Seq]
    unread: int
    unread_mentions: int = 0


class SessionEnded(AccountEvent, frozen=True, tag="session.ended"):
    session: Id


# --- told, not logged ------------------------------------------------------------------------------------------


class ReadMoved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="read.moved"):
    """The own read mark moved on another device (E-3). Monotone; lost ones come with ``sync``."""

    chat: Id
    read_seq: Seq
    unread: int
    unread_mentions: int = 0
