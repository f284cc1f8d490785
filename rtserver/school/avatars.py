"""Pictures of people: any JPEG, PNG or WebP up to 10 MB becomes a square WebP without metadata. Keeps no original.

Decoding is bounded: the header's size is checked before a pixel is read, so a small file cannot unfold into gigabytes.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import Connection, delete, insert, select, update

from rtserver.wire.errors import AppError
from rtserver.wire.family import Avatar
from rtserver.wire.school import Ok
from storage import school_tables as s
from storage.ids import parse_id

from .access import may_find
from .people import avatars_of
from .ports import Transaction
from .relations import load_standings, open_schools

PIXELS_MAX = 50_000_000
"""A phone's photograph has 12 to 48 million pixels; decoded they take 4 bytes each."""
QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")
c = s.avatar.c


def encode_avatar(raw: bytes, side_px: int, limit_bytes: int) -> bytes:
    """A WebP of ``side_px`` squared, upright; ``avatar_too_big``, ``avatar_unreadable``. Slow: a thread's work."""
    if len(raw) > limit_bytes:
        raise AppError("avatar_too_big")
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                raise AppError("avatar_too_big")
            picture.draft("RGB", (side_px * 2, side_px * 2))  # JPEG alone: decodes at a fraction of the size
            upright = ImageOps.exif_transpose(picture)
            square = ImageOps.fit(upright.convert("RGB"), (side_px, side_px), Image.Resampling.LANCZOS)
    except Image.DecompressionBombError:
        raise AppError("avatar_too_big") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise AppError("avatar_unreadable") from None
    out = io.BytesIO()
    square.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def save_avatar(tx: Transaction, actor: int, webp: bytes) -> Avatar:
    version = tx.connection.execute(select(c.version).where(c.account_id == actor)).scalar()
    if version is None:
        tx.connection.execute(insert(s.avatar).values(account_id=actor, webp=webp, version=1, updated_ms=tx.now))
    else:
        tx.connection.execute(
            update(s.avatar)
            .where(c.account_id == actor)
            .values(webp=webp, version=version % 30_000 + 1, updated_ms=tx.now)
        )
    return Avatar(url=avatars_of(tx.connection, [actor])[actor])


def drop_avatar(tx: Transaction, actor: int) -> Ok:
    tx.connection.execute(delete(s.avatar).where(c.account_id == actor))
    return Ok()


def load_avatar(connection: Connection, actor: int, person: str) -> bytes:
    """The picture of oneself or of somebody one may find; ``not_found`` alike for no picture and no right (E-14)."""
    number = parse_id(person)
    pair = load_standings(connection, (actor, number))
    if actor not in pair or number not in pair:
        raise AppError("not_found")
    if actor != number and not may_find(pair[actor], pair[number], open_schools(connection)):
        raise AppError("not_found")
    found = connection.execute(select(c.webp).where(c.account_id == number)).scalar()
    if found is None:
        raise AppError("not_found")
    return bytes(found)
