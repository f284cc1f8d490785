"""Keeps codes for the operator's page on loopback instead of sending them: for trying out, never for a public address.

The codes stay in the table ``outgoing`` until they expire; this module only says that nothing has to be sent.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from storage.auth_tables import outgoing

from .base import Delivery, Message

SHOWN = 200


class OutboxSender:
    chooses_code = False

    async def send(self, message: Message) -> Delivery:
        return Delivery(keep=True)

    async def close(self) -> None:
        return None


def shown_codes(connection: Connection, now: int) -> list[dict[str, str | int]]:
    """Living codes, the newest first: channel, address, code, when."""
    o = outgoing.c
    rows = connection.execute(
        select(o.channel, o.address, o.secret, o.created_ms, o.status)
        .where(o.expires_ms > now, o.secret != "")
        .order_by(o.id.desc())
        .limit(SHOWN)
    )
    return [
        {"channel": r.channel, "address": r.address, "code": r.secret, "created": r.created_ms, "status": r.status}
        for r in rows
    ]
