"""Resume: what a client sends to get exactly what it missed (E-2), and how the server says goodbye."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .auth import ContactClaimed
from .chat import (
    ChatJoined,
    ChatLeft,
    ChatUpdated,
    ChatViewChanged,
    ChatWasCreated,
    Command,
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessagePosted,
    MessagesHidden,
    MessageUnpinned,
    MessageWasStarred,
    MessageWasUnstarred,
    ReactionAdded,
    ReactionRemoved,
    Result,
    SessionEnded,
)
from .family import ApplicationDecided, BlockChanged, EntryChanged, FamilyChanged, RolesChanged
from .files import FileFinished, PostDropped
from .types import Draft, Id, Ms, Seq, Value

ChatLogEvent = (
    ChatWasCreated
    | ChatUpdated
    | MemberAdded
    | MemberRemoved
    | MemberRoleChanged
    | MessagePosted
    | MessageEdited
    | MessageDeleted
    | MessagePinned
    | MessageUnpinned
    | ReactionAdded
    | ReactionRemoved
)
AccountLogEvent = (
    ChatJoined
    | ChatLeft
    | ChatViewChanged
    | MessageWasStarred
    | MessageWasUnstarred
    | MessagesHidden
    | SessionEnded
    | ApplicationDecided
    | EntryChanged
    | FamilyChanged
    | RolesChanged
    | BlockChanged
    | ContactClaimed
    | FileFinished
    | PostDropped
)


class Cursor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    chat: Id
    seq: Seq


class Sync(Command, frozen=True):
    """Cursors of everything the client holds. An empty or foreign ``epoch`` resets all of it."""

    epoch: Annotated[str, msgspec.Meta(max_length=64)] = ""
    account_seq: Seq = 0
    chats: Annotated[list[Cursor], msgspec.Meta(max_length=2000)] = msgspec.field(default_factory=list)


class ChatDelta(Value, frozen=True):
    """What one chat's log has after the cursor. With ``reset`` the client drops the chat and asks ``chat.get``."""

    chat: Id
    head: Seq
    reset: bool
    events: list[ChatLogEvent]


class ReadState(Value, frozen=True):
    chat: Id
    read_seq: Seq
    unread: int
    unread_mentions: int = 0


class DraftState(Value, frozen=True):
    chat: Id
    draft: Draft


class Synced(Result, frozen=True):
    """With ``reset`` the client drops all it holds and asks ``chat.list``.

    Chats that the client did not name but is in, and whose head moved, come with ``reset`` true. Chats it named but
    has left come neither here nor in ``reads``; their ``chat.left`` stands in ``account_events``. ``drafts`` are all of
    the account's: a chat that is not there has none.
    """

    epoch: str
    reset: bool
    account_seq: Seq
    account_events: list[AccountLogEvent]
    chats: list[ChatDelta]
    reads: list[ReadState]
    server_ts: Ms
    drafts: list[DraftState] = msgspec.field(default_factory=list)


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="server.welcome"):
    """First event on every connection: who is logged in, and what the server speaks."""

    account: Id
    session: Id
    name: str
    epoch: str
    wire_version: int
    server_ts: Ms


class Goodbye(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="server.goodbye"):
    """Last event before the server closes a connection; ``reconnect`` says whether to come back by itself."""

    reason: str
    reconnect: bool
    after_ms: int = 0
