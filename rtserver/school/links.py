"""Tokens of invites and parents' links: an id signed with the server's key. Pure: keeps nothing, asks no clock.

A token is base64url of ``kind (1) | id (8, big-endian) | serial (4) | HMAC-SHA256 of these, cut to 12 bytes``: 25
bytes, 34 characters. It can be made again from the row at any time, so a link can be copied again, and no
database, back-up or log holds it (R-37, R-57). 96 bits of the MAC cannot be guessed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from typing import Literal

from rtserver.wire.errors import AppError

Kind = Literal["invite", "parent"]
KINDS: dict[Kind, int] = {"invite": 1, "parent": 2}
PATHS: dict[Kind, str] = {"invite": "/i/", "parent": "/p/"}
MAC_BYTES = 12
KEY_BYTES = 32
_BODY = struct.Struct(">BqI")


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says: the row it stands for. ``serial`` tells a renewed link from the earlier ones."""

    kind: Kind
    id: int
    serial: int = 0


class LinkKey:
    """Signs and reads tokens with one secret of 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < KEY_BYTES:
            raise ValueError("the key of links has 32 bytes")
        self._secret = secret

    def token(self, link: Link) -> str:
        body = _BODY.pack(KINDS[link.kind], link.id, link.serial)
        return base64.urlsafe_b64encode(body + self._mac(body)).decode().rstrip("=")

    def path(self, link: Link) -> str:
        """What stands after the server's address, e.g. ``/i/AQ…``."""
        return PATHS[link.kind] + self.token(link)

    def read(self, token: str, kind: Kind) -> Link:
        """The link of a token; ``link_malformed`` when it is cut, altered, of another kind or of another server."""
        if not token.isascii() or not 0 < len(token) <= 64:
            raise AppError("link_malformed")
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise AppError("link_malformed") from None
        if len(raw) != _BODY.size + MAC_BYTES:
            raise AppError("link_malformed")
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        number, row, serial = _BODY.unpack(body)
        if number != KINDS[kind] or not hmac.compare_digest(mac, self._mac(body)):
            raise AppError("link_malformed")
        return Link(kind, row, serial)

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, b"rtserver link\0" + body, "sha256")[:MAC_BYTES]
