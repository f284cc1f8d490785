"""One-time codes on a printable class sheet, each bound to a named invite (D12): for schools without an SMS contract.

Nothing is sent: making the sheet makes the codes, and making it again makes the earlier ones dead.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert

from rtserver.auth.codes import digest_code, make_paper_code
from storage import auth_tables as a
from storage.ids import new_id


def make_sheet(connection: Connection, key: bytes, invites: Iterable[int], now: int, expires_ms: int) -> dict[int, str]:
    """A fresh code of eight letters and digits for each named invite: to be printed at once, never shown again."""
    codes: dict[int, str] = {}
    for invite in invites:
        connection.execute(delete(a.paper_code).where(a.paper_code.c.invite_id == invite))
        number, codes[invite] = new_id(now), make_paper_code()
        connection.execute(
            insert(a.paper_code).values(
                id=number,
                invite_id=invite,
                digest=digest_code(key, number, codes[invite]),
                created_ms=now,
                expires_ms=expires_ms,
            )
        )
    return codes
