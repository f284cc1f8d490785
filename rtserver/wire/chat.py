"""Commands, results and events of chats. Shapes only: the rules stand in ``rtserver.chat.rules``.

A command is imperative, an event past tense. Unknown fields are refused in commands and ignored in events.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .types import (
    FORWARD_MESSAGES_MAX,
    FORWARD_TARGETS_MAX,
    HISTORY_MAX,
    MEMBERS_ADD_MAX,
    PEOPLE_MAX,
    PINNED_CHATS_MAX,
    ChatKind,
    ChatRole,
    ChatState,
    ChatView,
    Emoji,
    Forwarded,
    Id,
    Member,
    Message,
    Ms,
    Nonce,
    Person,
    PinPolicy,
    Seq,
    Value,
)


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything a client asks for."""


class Result(Value):
    """Base of what an acknowledgement carries beside ``ok``."""


class Done(Result):
    """Nothing to tell but that it is committed."""


# --- commands: chats -------------------------------------------------------------------------------------------


class ChatList(Command):
    """Every chat of the account with its state, people and pins; what a client loads after ``reset``."""


class ChatListed(Result):
    chats: list[ChatState]
    pins: list[Id]
    people: list[Person]
    account_seq: Seq
    epoch: str


class ChatGet(Command):
    """The fresh state of one chat, after ``chat.joined`` or a ``reset`` of that chat."""

    chat: Id


class ChatGot(Result):
    chat: ChatState
    people: list[Person]


class ChatCreate(Command):
    """Make a group chat, or open the direct chat with one person (made once for each pair)."""

    kind: Literal["direct", "group"]
    nonce: Nonce
    members: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MEMBERS_ADD_MAX)]
    title: str = ""


class ChatCreated(Result):
    chat: Id
    seq: Seq


class ChatUpdate(Command):
    """Change the title of a group or who may pin in it; administrators of the chat only."""

    chat: Id
    nonce: Nonce
    title: str | None = None
    pin_policy: PinPolicy | None = None


class ChatLeave(Command):
    chat: Id
    nonce: Nonce


class ChatMembers(Command):
    chat: Id


class ChatMembersListed(Result):
    members: list[Member]
    people: list[Person]


class MemberAdd(Command):
    """Add people directly: they are in at once, without accepting (R-86, R-87)."""

    chat: Id
    nonce: Nonce
    accounts: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MEMBERS_ADD_MAX)]


class MemberRemove(Command):
    chat: Id
    nonce: Nonce
    account: Id


class MemberRole(Command):
    chat: Id
    nonce: Nonce
    account: Id
    role: ChatRole


class ChatPin(Command):
    """Pin a chat at the top of the own list; the sixth is refused with ``pinned_chats_limit`` (R-94)."""

    chat: Id


class ChatUnpin(Command):
    chat: Id


class ChatPinOrder(Command):
    """The own pinned chats in their new order; must hold exactly the pinned ones."""

    chats: Annotated[list[Id], msgspec.Meta(max_length=PINNED_CHATS_MAX)]


class ChatArchive(Command):
    """Put a chat away (R-95); a later message brings it back unless the chat is muted. A pinned chat is unpinned."""

    chat: Id


class ChatUnarchive(Command):
    chat: Id


class ChatMarkUnread(Command):
    """Flag a chat as unread (R-96); ``message.read`` or ``chat.mark_read`` takes the flag away."""

    chat: Id


class ChatMarkRead(Command):
    chat: Id


class ChatMute(Command):
    """Mute until a time; 0 unmutes."""

    chat: Id
    until: Ms


# --- commands: messages ----------------------------------------------------------------------------------------


class MessagePost(Command):
    chat: Id
    nonce: Nonce
    text: str
    reply_to: Seq | None = None


class MessagePosting(Result):
    """``seq`` is the message's id; a repeated nonce gets the first one's ``seq`` again."""

    seq: Seq
    ts: Ms
    post_no: int


class MessageEdit(Command):
    chat: Id
    nonce: Nonce
    target: Seq
    text: str


class MessageDelete(Command):
    """Delete for me (a private mark) or for everyone (a tombstone; the texts are erased), D8."""

    chat: Id
    nonce: Nonce
    targets: Annotated[list[Seq], msgspec.Meta(min_length=1, max_length=FORWARD_MESSAGES_MAX)]
    scope: Literal["me", "everyone"]


class MessageForward(Command):
    """Copy messages of one chat into others, naming the original author (R-91)."""

    chat: Id
    nonce: Nonce
    targets: Annotated[list[Seq], msgspec.Meta(min_length=1, max_length=FORWARD_MESSAGES_MAX)]
    to: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=FORWARD_TARGETS_MAX)]
    comment: str = ""


class Delivery(Value):
    chat: Id
    seqs: list[Seq]


class MessageForwarded(Result):
    deliveries: list[Delivery]


class MessagePin(Command):
    """Pin a message in the chat for all (D9)."""

    chat: Id
    nonce: Nonce
    target: Seq


class MessageUnpin(Command):
    chat: Id
    nonce: Nonce
    target: Seq


class MessageStar(Command):
    """Mark a message as important for oneself (D9)."""

    chat: Id
    target: Seq


class MessageUnstar(Command):
    chat: Id
    target: Seq


class MessageReact(Command):
    """Set or take back one's own reaction; repeated, it changes nothing."""

    chat: Id
    target: Seq
    emoji: Emoji
    on: bool = True


class MessageRead(Command):
    """Move the read mark forward to ``seq``; never backward. Also takes the unread flag away."""

    chat: Id
    seq: Seq


class MessageReading(Result):
    read_seq: Seq
    unread: int


class MessageHistory(Command):
    """Messages as they stand now, oldest first, by the reader's intervals of membership.

    ``before`` gives the page that ends below it, ``after`` the page that starts above it, ``around`` both sides
    of one message; none of them gives the newest page.
    """

    chat: Id
    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=HISTORY_MAX)] = 50


class MessageHistoryPage(Result):
    """``as_of`` is the chat's head when the page was read: events up to it are already applied in it."""

    messages: list[Message]
    as_of: Seq
    more_before: bool
    more_after: bool
    people: list[Person]


class MessageStarred(Command):
    """The own important messages, newest first; ``chat`` narrows to one chat."""

    chat: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=HISTORY_MAX)] = 50


class StarredMessage(Value):
    chat: Id
    message: Message


class MessageStarredPage(Result):
    items: list[StarredMessage]
    people: list[Person]


# --- commands: people ------------------------------------------------------------------------------------------


class PeopleGet(Command):
    """Names of people whom the asker may see (fellow members or D17); others are left out."""

    accounts: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=PEOPLE_MAX)]


class PeopleContacts(Command):
    """People whom the asker may write to (D17), by prefix of any part of the name."""

    query: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=PEOPLE_MAX)] = 50


class PeopleListed(Result):
    people: list[Person]


# --- events of a chat's log ------------------------------------------------------------------------------------


class ChatEvent(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=False
):
    """An entry of a chat's log: gap-free ``seq``, the same for every member (E-1)."""

    chat: Id
    seq: Seq
    ts: Ms
    actor: Id | None


class ChatWasCreated(ChatEvent, tag="chat.created"):
    chat_kind: ChatKind
    title: str


class ChatUpdated(ChatEvent, tag="chat.updated"):
    title: str | None = None
    pin_policy: PinPolicy | None = None


class MemberAdded(ChatEvent, tag="member.added"):
    account: Id
    role: ChatRole


class MemberRemoved(ChatEvent, tag="member.removed"):
    """``actor`` is the leaver's own id when somebody left."""

    account: Id


class MemberRoleChanged(ChatEvent, tag="member.role_changed"):
    account: Id
    role: ChatRole


class MessagePosted(ChatEvent, tag="message.posted"):
    """``text`` is empty and ``erased`` true when the message was deleted for everyone before this was read."""

    text: str
    nonce: str
    post_no: int
    reply_to: Seq | None = None
    forwarded: Forwarded | None = None
    erased: bool = False


class MessageEdited(ChatEvent, tag="message.edited"):
    target: Seq
    text: str
    erased: bool = False


class MessageDeleted(ChatEvent, tag="message.deleted"):
    target: Seq


class MessagePinned(ChatEvent, tag="message.pinned"):
    target: Seq


class MessageUnpinned(ChatEvent, tag="message.unpinned"):
    target: Seq


class ReactionAdded(ChatEvent, tag="reaction.added"):
    target: Seq
    emoji: str


class ReactionRemoved(ChatEvent, tag="reaction.removed"):
    target: Seq
    emoji: str


# --- events of an account's own log ----------------------------------------------------------------------------


class AccountEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """An entry of the account's own log, told to all devices of that account and to nobody else."""

    seq: Seq
    ts: Ms


class ChatJoined(AccountEvent, tag="chat.joined"):
    """The account is in a chat from now on; the client asks ``chat.get`` for its state."""

    chat: Id


class ChatLeft(AccountEvent, tag="chat.left"):
    chat: Id


class ChatViewChanged(AccountEvent, tag="chat.view_changed"):
    """The whole of the account's view of one chat, and all its pins in order. ``view.read_seq`` only grows."""

    chat: Id
    view: ChatView
    pins: list[Id]


class MessageWasStarred(AccountEvent, tag="message.starred"):
    chat: Id
    target: Seq


class MessageWasUnstarred(AccountEvent, tag="message.unstarred"):
    chat: Id
    target: Seq


class MessagesHidden(AccountEvent, tag="messages.hidden"):
    """Deleted for me. ``unread`` is the chat's exact count after it."""

    chat: Id
    targets: list[Seq]
    unread: int


class SessionEnded(AccountEvent, tag="session.ended"):
    session: Id


# --- told, not logged ------------------------------------------------------------------------------------------


class ReadMoved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="read.moved"):
    """The own read mark moved on another device (E-3). Monotone; lost ones come with ``sync``."""

    chat: Id
    read_seq: Seq
    unread: int
