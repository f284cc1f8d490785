"""Commands, results and events of files: galleries, My documents, posts that wait for their files. Shapes only.

Bytes go by HTTP: tus at ``/uploads/``, ranges at ``/files/{id}``. A finished upload becomes a file under the same id.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .chat import AccountEvent, Command, Result
from .types import HISTORY_MAX, Attachment, FileKind, Id, Ms, Person, Seq, Value

PAGE = Annotated[int, msgspec.Meta(ge=1, le=HISTORY_MAX)]


class MessageAttachments(Command, frozen=True):
    """What was attached in a chat, newest first (R-93, E-7), by kind or all; ``before`` continues a page."""

    chat: Id
    kinds: Annotated[list[FileKind], msgspec.Meta(max_length=5)] = msgspec.field(default_factory=list)
    before: Seq | None = None
    limit: PAGE = 50


class ChatAttachment(Value, frozen=True):
    seq: Seq
    ts: Ms
    author: Id
    file: Attachment


class MessageAttachmentsPage(Result, frozen=True):
    """A page ends with a whole message. ``more`` says that older ones exist: ask with the last item's ``seq``."""

    items: list[ChatAttachment]
    more: bool
    people: list[Person]


class MessagePending(Command, frozen=True):
    """The own posts that wait for their files, oldest first; on any device."""


class WaitingFile(Value, frozen=True):
    """An upload as its owner's devices show it. ``open`` takes bytes from ``offset`` on, ``checking`` is being
    examined, ``done`` is a file now, ``refused`` never will be (``error`` says why).
    """

    id: Id
    name: str
    length: int | None
    offset: int
    state: Literal["open", "checking", "done", "refused", "gone"]
    created_ts: Ms
    expires_ts: Ms
    error: str = ""


class PendingPost(Value, frozen=True):
    chat: Id
    nonce: str
    text: str
    reply_to: Seq | None
    ts: Ms
    files: list[WaitingFile]


class MessagePendingListed(Result, frozen=True):
    posts: list[PendingPost]


class MessagePendingCancel(Command, frozen=True):
    """Take back a post that still waits. Its uploads stay, and expire unless they are ended."""

    post: Annotated[str, msgspec.Meta(max_length=64, description="the post's nonce")]


class FileList(Command, frozen=True):
    """My documents (R-77): own files that messages hold, or saved ones; newest first, by part of the name and kind."""

    tab: Literal["sent", "saved"] = "sent"
    query: Annotated[str, msgspec.Meta(max_length=100)] = ""
    kinds: Annotated[list[FileKind], msgspec.Meta(max_length=5)] = msgspec.field(default_factory=list)
    before: Id | None = None
    limit: PAGE = 50


class OwnFile(Value, frozen=True):
    """``chat`` and ``seq`` name the newest message that holds it and that the owner can see."""

    file: Attachment
    ts: Ms
    saved: bool
    chat: Id | None = None
    seq: Seq | None = None


class FileListed(Result, frozen=True):
    files: list[OwnFile]
    more: bool
    used_bytes: int
    limit_bytes: int


class FileTransfers(Command, frozen=True):
    """Own uploads that are not finished, oldest first."""


class FileTransfersListed(Result, frozen=True):
    uploads: list[WaitingFile]


class FileSave(Command, frozen=True):
    """Keep an own file in My documents though no message holds it, or keep it no more."""

    file: Id
    on: bool = True


class FileDelete(Command, frozen=True):
    """Remove an own file that no message holds."""

    file: Id


class FileFinished(AccountEvent, frozen=True, tag="file.finished"):
    """An upload of the account was examined: it is a file now, or ``error`` says why it never will be."""

    upload: Id
    file: Attachment | None = None
    error: str = ""


class PostDropped(AccountEvent, frozen=True, tag="post.dropped"):
    """A post that waited for its files will not come: they all failed, or it may not be posted any more."""

    chat: Id
    nonce: str
    error: str
