"""What a client says when it opens a connection, and the sign-in answer of the HTTP API."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .types import WIRE_VERSION, Id, Value


class Handshake(msgspec.Struct, frozen=True, kw_only=True):
    """``auth`` of a Socket.IO connect packet. A browser sends no token: its cookie serves."""

    token: Annotated[str, msgspec.Meta(max_length=128)] = ""
    wire_version: int = WIRE_VERSION


class Me(Value, frozen=True):
    """Answer of ``GET /api/me``."""

    account: Id
    session: Id
    name: str
    brand: str
    support: str
