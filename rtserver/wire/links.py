"""Links that let people join a group (R-86, R-88, E-8). Shapes only."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .chat import Command, Result
from .types import Id, Ms, Nonce, Value

LinkSeconds = Literal[86_400, 604_800, 2_592_000]
"""1, 7 or 30 days."""
LinkToken = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class ChatLink(Value, frozen=True):
    """``uses_max`` None: as many as come. A revoked link stays in the list until it would have expired."""

    id: Id
    made_by: Id
    created: Ms
    expires: Ms
    uses: int
    uses_max: int | None
    revoked: bool


class ChatLinkCreate(Command, frozen=True):
    """Make a link to a group; its administrators only. The answer alone has the token: the server keeps its hash.

    Has no nonce, since a remembered answer would keep the token: after a lost answer revoke what stands in the list.
    """

    chat: Id
    expires_s: LinkSeconds = 604_800
    uses_max: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None


class ChatLinkCreated(Result, frozen=True):
    """``path`` is what comes after the server's own address: ``/c/<token>``."""

    link: ChatLink
    path: str


class ChatLinkList(Command, frozen=True):
    """The links of a group that have not expired, newest first; its administrators only."""

    chat: Id


class ChatLinksListed(Result, frozen=True):
    links: list[ChatLink]


class ChatLinkRevoke(Command, frozen=True):
    chat: Id
    link: Id


class ChatLinkLook(Command, frozen=True):
    """What a link leads to, before joining. Refused to whom it would not let in."""

    token: LinkToken


class ChatLinkSeen(Result, frozen=True):
    """``chat`` is there for a member alone."""

    title: str
    members_count: int
    chat: Id | None


class ChatJoin(Command, frozen=True):
    """Join by a link, with the account one is logged in with (R-88). A member is told the chat and nothing changes."""

    token: LinkToken
    nonce: Nonce


class ChatJoinedBy(Result, frozen=True):
    chat: Id
