"""What a client asks of chats, and what each answer carries. Shapes only: the rules stand in ``rtserver.chat.rules``.

A command is imperative. Unknown fields are refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ..types import (
    FILES_MAX,
    FORWARD_MESSAGES_MAX,
    FORWARD_TARGETS_MAX,
    HISTORY_MAX,
    MEMBERS_ADD_MAX,
    MENTIONS_MAX,
    PEOPLE_MAX,
    PINNED_CHATS_MAX,
    ChatRole,
    ChatState,
    Emoji,
    Id,
    Member,
    Message,
    Ms,
    Nonce,
    Person,
    PinPolicy,
    Seq,
    Slow,
    Value,
)


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything a client asks for."""


class Result(Value, frozen=True):
    """Base of what an acknowledgement carries beside ``ok``."""


class Done(Result, frozen=True):
    """Nothing to tell but that it is committed."""


# --- commands: chats -------------------------------------------------------------------------------------------


class ChatList(Command, frozen=True):
    """Every chat of the account with its state, people and pins; what a client loads after ``reset``."""


class ChatListed(Result, frozen=True):
    chats: list[ChatState]
    pins: list[Id]
    people: list[Person]
    account_seq: Seq
    epoch: str


class ChatGet(Command, frozen=True):
    """The fresh state of one chat, after ``chat.joined`` or a ``reset`` of that chat."""

    chat: Id


class ChatGot(Result, frozen=True):
    chat: ChatState
    people: list[Person]


class ChatCreate(Command, frozen=True):
    """Make a group chat, or open the direct chat with one person (made once for each pair)."""

    kind: Literal["direct", "group"]
    nonce: Nonce
    members: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MEMBERS_ADD_MAX)]
    title: str = ""


class ChatCreated(Result, frozen=True):
    chat: Id
    seq: Seq


class ChatUpdate(Command, frozen=True):
    """Change the title of a group or the rules in it; administrators of the chat only.

    ``write_policy`` ``staff`` makes it read-only for all but teachers and administrators, whom ``slow_s`` does not
    hold up either.
    """

    chat: Id
    nonce: Nonce
    title: str | None = None
    pin_policy: PinPolicy | None = None
    write_policy: PinPolicy | None = None
    slow_s: Slow | None = None


class ChatLeave(Command, frozen=True):
    chat: Id
    nonce: Nonce


class ChatMembers(Command, frozen=True):
    chat: Id


class ChatMembersListed(Result, frozen=True):
    members: list[Member]
    people: list[Person]


class MemberAdd(Command, frozen=True):
    """Add people directly: they are in at once, without accepting (R-86, R-87)."""

    chat: Id
    nonce: Nonce
    accounts: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MEMBERS_ADD_MAX)]


class MemberRemove(Command, frozen=True):
    chat: Id
    nonce: Nonce
    account: Id


class MemberRole(Command, frozen=True):
    chat: Id
    nonce: Nonce
    account: Id
    role: ChatRole


class ChatPin(Command, frozen=True):
    """Pin a chat at the top of the own list; the sixth is refused with ``pinned_chats_limit`` (R-94)."""

    chat: Id


class ChatUnpin(Command, frozen=True):
    chat: Id


class ChatPinOrder(Command, frozen=True):
    """The own pinned chats in their new order; must hold exactly the pinned ones."""

    chats: Annotated[list[Id], msgspec.Meta(max_length=PINNED_CHATS_MAX)]


class ChatArchive(Command, frozen=True):
    """Put a chat away (R-95); a later message brings it back unless the chat is muted. A pinned chat is unpinned."""

    chat: Id


class ChatUnarchive(Command, frozen=True):
    chat: Id


class ChatMarkUnread(Command, frozen=True):
    """Flag a chat as unread (R-96); ``message.read`` or ``chat.mark_read`` takes the flag away."""

    chat: Id


class ChatMarkRead(Command, frozen=True):
    chat: Id


class ChatMute(Command, frozen=True):
    """Mute until a time; 0 unmutes."""

    chat: Id
    until: Ms


# --- commands: messages ----------------------------------------------------------------------------------------


class MessagePost(Command, frozen=True):
    """``mentions`` are members whom the text names: they are notified past a mute. ``mentions_all`` is for teachers."""

    chat: Id
    nonce: Nonce
    text: str
    reply_to: Seq | None = None
    files: Annotated[list[Id], msgspec.Meta(max_length=FILES_MAX)] = msgspec.field(default_factory=list)
    """Own uploads, finished or not, and files that the author can see; the text may be empty then."""
    mentions: Annotated[list[Id], msgspec.Meta(max_length=MENTIONS_MAX)] = msgspec.field(default_factory=list)
    mentions_all: bool = False


class MessagePosting(Result, frozen=True):
    """``seq`` is the message's id; a repeated nonce gets the first one's ``seq`` again.

    ``pending``: the server holds the post until its files are finished; ``seq`` is 0 until then, and the message comes
    as ``message.posted`` with this nonce, also when the author is away by then.
    """

    seq: Seq
    ts: Ms
    post_no: int
    pending: bool = False


class MessageEdit(Command, frozen=True):
    chat: Id
    nonce: Nonce
    target: Seq
    text: str


class MessageDelete(Command, frozen=True):
    """Delete for me (a private mark) or for everyone (a tombstone; the texts are erased), D8."""

    chat: Id
    nonce: Nonce
    targets: Annotated[list[Seq], msgspec.Meta(min_length=1, max_length=FORWARD_MESSAGES_MAX)]
    scope: Literal["me", "everyone"]


class MessageForward(Command, frozen=True):
    """Copy messages of one chat into others, naming the original author (R-91)."""

    chat: Id
    nonce: Nonce
    targets: Annotated[list[Seq], msgspec.Meta(min_length=1, max_length=FORWARD_MESSAGES_MAX)]
    to: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=FORWARD_TARGETS_MAX)]
    comment: str = ""


class Delivery(Value, frozen=True):
    chat: Id
    seqs: list[Seq]


class MessageForwarded(Result, frozen=True):
    deliveries: list[Delivery]


class MessagePin(Command, frozen=True):
    """Pin a message in the chat for all (D9)."""

    chat: Id
    nonce: Nonce
    target: Seq


class MessageUnpin(Command, frozen=True):
    chat: Id
    nonce: Nonce
    target: Seq


class MessageStar(Command, frozen=True):
    """Mark a message as important for oneself (D9)."""

    chat: Id
    target: Seq


class MessageUnstar(Command, frozen=True):
    chat: Id
    target: Seq


class MessageReact(Command, frozen=True):
    """Set or take back one's own reaction; repeated, it changes nothing."""

    chat: Id
    target: Seq
    emoji: Emoji
    on: bool = True


class MessageRead(Command, frozen=True):
    """Move the read mark forward to ``seq``; never backward. Also takes the unread flag away."""

    chat: Id
    seq: Seq


class MessageReading(Result, frozen=True):
    read_seq: Seq
    unread: int
    unread_mentions: int = 0


class MessageHistory(Command, frozen=True):
    """Messages as they stand now, oldest first, by the reader's intervals of membership.

    ``before`` gives the page that ends below it, ``after`` the page that starts above it, ``around`` both sides
    of one message; none of them gives the newest page.
    """

    chat: Id
    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=HISTORY_MAX)] = 50


class MessageHistoryPage(Result, frozen=True):
    """``as_of`` is the chat's head when the page was read: events up to it are already applied in it."""

    messages: list[Message]
    as_of: Seq
    more_before: bool
    more_after: bool
    people: list[Person]


class MessageStarred(Command, frozen=True):
    """The own important messages, newest first; ``chat`` narrows to one chat."""

    chat: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=HISTORY_MAX)] = 50


class StarredMessage(Value, frozen=True):
    chat: Id
    message: Message


class MessageStarredPage(Result, frozen=True):
    items: list[StarredMessage]
    people: list[Person]


# --- commands: people ------------------------------------------------------------------------------------------


class PeopleGet(Command, frozen=True):
    """Names of people whom the asker may see (fellow members or D17); others are left out."""

    accounts: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=PEOPLE_MAX)]


class PeopleContacts(Command, frozen=True):
    """People whom the asker may write to (D17), by prefix of any part of the name."""

    query: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=PEOPLE_MAX)] = 50


class PeopleListed(Result, frozen=True):
    people: list[Person]
