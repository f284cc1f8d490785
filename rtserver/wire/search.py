"""Search of messages (R-92, E-6): the command and its page. Shapes only."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .chat import Command, Result
from .types import Id, Message, Ms, Person, Seq, Value

SEARCH_MAX = 50
"""Results on one page."""
QUERY_MAX = 200
"""Characters of a query."""
TOTAL_MAX = 100
"""Results that are counted: more read as "100+"."""

SearchKind = Literal["link"]


class MessageSearch(Command, frozen=True):
    """Messages with all the words of ``query`` in any form, newest first; in one chat, or in all the asker is in.

    The last word also finds words that begin with it, unless a space follows. Without words at least one of
    ``author`` and ``kind`` must be there. ``since`` and ``until`` are inclusive. ``page`` is the ``next`` of the page
    before. To jump to a result ask ``message.history`` with ``around``.
    """

    query: Annotated[str, msgspec.Meta(max_length=QUERY_MAX)] = ""
    chat: Id | None = None
    author: Id | None = None
    kind: SearchKind | None = None
    since: Ms | None = None
    until: Ms | None = None
    page: Annotated[str, msgspec.Meta(max_length=64)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=SEARCH_MAX)] = 20


class FoundMessage(Value, frozen=True):
    """``words`` are those of the text that the query meant, as they are written there, each once."""

    chat: Id
    message: Message
    words: list[str]


class MessagesFound(Result, frozen=True):
    """``next`` is there as long as there may be more: a page may be short, even empty, before the last.

    ``total`` is told with the first page of one chat: how many there are, counted up to 100;
    None when they were too many to look through.
    """

    items: list[FoundMessage]
    people: list[Person]
    next: str | None = None
    total: int | None = None


class MessageAtDate(Command, frozen=True):
    """The first message of a chat at or after a time, to jump to (``message.history`` with ``around``)."""

    chat: Id
    ts: Ms


class MessageAt(Result, frozen=True):
    """``seq`` is None when nothing visible is that new."""

    seq: Seq | None
