"""Removes what nobody needs any more: flows, codes, messages, QR codes and devices past their time (E-17)."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from storage import auth_tables as a

from .limits import WINDOW_MS
from .settings import DAY_MS, DEVICE_MS

EVERY_MS = 3_600_000
"""Once an hour: the tables hold a day's log-ins at most."""


def tidy(connection: Connection, now: int) -> None:
    """Everything that ended more than a day ago; claims stay, since their «no» counts for 90 days."""
    ended = now - DAY_MS
    for table in (a.flow, a.code, a.outgoing, a.qr_login, a.external_login, a.paper_code):
        connection.execute(delete(table).where(table.c.expires_ms < ended))
    connection.execute(delete(a.attempt).where(a.attempt.c.window_ms < now - 2 * WINDOW_MS))
    connection.execute(delete(a.known_device).where(a.known_device.c.seen_ms < now - DEVICE_MS))
    connection.execute(delete(a.contact_claim).where(a.contact_claim.c.decided_ms < now - 100 * DAY_MS))
