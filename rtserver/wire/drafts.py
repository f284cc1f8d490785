"""Drafts: what somebody has typed and not sent, the same on all devices. Shapes only."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .chat import Command
from .types import TEXT_MAX, Draft, Id, Seq


class DraftSave(Command, frozen=True):
    """Keep the draft of a chat in place of the one before; an empty one without ``reply_to`` takes it away."""

    chat: Id
    text: Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]
    reply_to: Seq | None = None


class DraftChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="draft.changed"):
    """The own draft of a chat is another now (None: gone). A lost one comes with ``sync``, which carries them all."""

    chat: Id
    draft: Draft | None
