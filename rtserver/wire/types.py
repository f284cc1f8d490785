"""Shared value types of the wire. Holds shapes only; it decides nothing and imports msgspec alone.

Ids are opaque strings, ``seq`` are numbers below 2**53, times are unix milliseconds (UTC), birthdays ISO dates.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

WIRE_VERSION = 1

TEXT_MAX = 4000
"""Longest message text in Unicode code points (experience, S23)."""
TITLE_MAX = 120
NONCE_MAX = 64
PINNED_CHATS_MAX = 5
"""R-94."""
FORWARD_TARGETS_MAX = 10
"""Experience S25: at most ten chats in one forward."""
FORWARD_MESSAGES_MAX = 100
FILES_MAX = 100
"""More than a message may ever hold; how many it may is a setting (experience 4.4: ten)."""
HISTORY_MAX = 100
MEMBERS_ADD_MAX = 100
SYNC_CHATS_MAX = 2000
PEOPLE_MAX = 200
MENTIONS_MAX = 50

Id = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{1,32}\Z", description="opaque id")]
Seq = Annotated[int, msgspec.Meta(ge=0, lt=2**53, description="position in a log")]
Ms = Annotated[int, msgspec.Meta(ge=0, lt=2**53, description="unix milliseconds")]
Nonce = Annotated[
    str,
    msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{8,64}\Z", description="chosen by the client, makes a retry harmless"),
]
Emoji = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]

ChatKind = Literal["direct", "group", "class"]
ChatRole = Literal["member", "teacher", "admin"]
"""Role inside one chat, see D8, D9: administrators and teachers of a chat may moderate it."""
SchoolRole = Literal["operator", "admin", "class_teacher", "teacher", "student", "staff", "parent"]
"""The seven roles, D10."""
PinPolicy = Literal["staff", "everyone"]
"""Who may pin messages in a chat; the same two for who may write in it."""
Slow = Literal[0, 10, 30, 60, 300]
"""Seconds between two posts of one member; 0 is off."""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Base of values that the server sends; a receiver ignores fields that it does not know."""


class Person(Value, frozen=True):
    """What a fellow member may see of somebody."""

    id: Id
    name: str
    short_name: str
    roles: list[SchoolRole] = msgspec.field(default_factory=list)


class Member(Value, frozen=True):
    account: Id
    role: ChatRole


class Forwarded(Value, frozen=True):
    """Where a forwarded text was first written (R-91). Both are empty («Участник чата») when
    a member of the chat may not know that person (E-14).
    """

    author: Id | None
    author_name: str
    ts: Ms


class Reaction(Value, frozen=True):
    emoji: str
    accounts: list[Id]


FileKind = Literal["picture", "video", "voice", "audio", "file"]


class Attachment(Value, frozen=True):
    """One file of a message, got at ``/files/{id}``; ``preview`` says that ``/files/{id}/small`` and ``/large`` exist.

    ``kind`` and ``media_type`` come from the file's first bytes, not from its name. ``waveform`` is the loudness of
    voice and sound, 0 to 255 a bar. ``scanned`` is false where no virus scan was made.
    """

    id: Id
    name: str
    size: int
    kind: FileKind
    media_type: str
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    waveform: list[int] = msgspec.field(default_factory=list)
    preview: bool = False
    scanned: bool = False


class Message(Value, frozen=True):
    """One message as it stands now: its posted event with every later event applied.

    ``seq`` is its id inside the chat. A deleted message is a tombstone: ``deleted`` is true, ``text`` is empty.
    ``mentions`` are sorted; ``mentions_all`` means everybody in the chat.
    ``reactions`` stand by emoji (code points), accounts in the order in which they reacted.
    """

    seq: Seq
    author: Id
    ts: Ms
    text: str = ""
    nonce: str = ""
    post_no: int = 0
    reply_to: Seq | None = None
    forwarded: Forwarded | None = None
    edited_ts: Ms | None = None
    deleted: bool = False
    reactions: list[Reaction] = msgspec.field(default_factory=list)
    starred: bool = False
    files: list[Attachment] = msgspec.field(default_factory=list)
    mentions: list[Id] = msgspec.field(default_factory=list)
    mentions_all: bool = False


class Draft(Value, frozen=True):
    """What the account has typed in a chat and not sent; ``ts`` is when it was saved."""

    text: str
    reply_to: Seq | None
    ts: Ms


class ChatView(Value, frozen=True):
    """The account's own view of a chat (R-97): never seen by others, the same on all devices."""

    archived_at_seq: Seq | None = None
    marked_unread: bool = False
    muted_until: Ms | None = None
    read_seq: Seq = 0


class ChatState(Value, frozen=True):
    """One chat as ``chat.list`` gives it; ``head`` is the cursor that later events continue.

    ``pinned_messages`` are all pins of the chat in the order of pinning, the same for every member: of those from
    before a newcomer's time, or hidden for me, ``message.history`` has nothing, and a client shows none.
    """

    id: Id
    kind: ChatKind
    title: str
    head: Seq
    head_post_no: int
    members_count: int
    my_role: ChatRole
    pin_policy: PinPolicy
    view: ChatView
    unread: int
    pinned_messages: list[Seq]
    last_message: Message | None = None
    peer: Id | None = None
    created_ts: Ms = 0
    last_ts: Ms = 0
    unread_mentions: int = 0
    draft: Draft | None = None
    write_policy: PinPolicy = "everyone"
    slow_s: Slow = 0
