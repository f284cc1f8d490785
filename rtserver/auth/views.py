"""What a flow's row looks like on the wire. Tells a name only where D5 allows it; decides nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from rtserver.wire import auth as w
from rtserver.wire.errors import AppError
from storage.ids import wire_id

from . import people
from .challenges import delivery_of, latest_code
from .claims import free_at
from .codes import CALL_DIGITS, DIGITS, PAPER_CHARS, resend_wait_ms
from .contacts import mask_contact, short_name, show_contact
from .nextstep import next_step
from .ports import Schools
from .profiles import form_of
from .settings import AuthSettings


def flow_view(
    connection: Connection,
    row: Row[Any],
    now: int,
    settings: AuthSettings,
    schools: Schools,
    channels: Sequence[w.Channel],
) -> w.Flow:
    """The flow as its browser may see it."""
    fields: dict[str, Any] = {"state": row.state, "start": row.start}
    if row.address:
        fields |= {"contact": show_contact(row.kind, row.address), "kind": row.kind}
    if row.state == "code":
        fields |= _code_fields(connection, row, now, settings, channels)
    if row.state == "claimed":
        fields["free_at"] = free_at(connection, row.address)
    if row.state in {"password", "other", "new_password"} and row.account_id is not None:
        holder = people.holder(connection, row.account_id)
        if holder is not None:
            fields["recognised"] = w.Recognised(
                name=short_name(holder.first_name, holder.last_name), masked=mask_contact(row.kind, row.address)
            )
        fields["contact"] = ""  # the masked form is what this screen shows
    if row.state == "signed_in":
        fields |= {"account": wire_id(row.account_id), "contact": "", "kind": None}
        fields["step"] = next_step(connection, row.account_id, now, schools).step
    elif row.link:
        fields |= _link_fields(connection, row, now, schools)
    return w.Flow(**fields)


def _code_fields(
    connection: Connection, row: Row[Any], now: int, settings: AuthSettings, channels: Sequence[w.Channel]
) -> dict[str, Any]:
    code = latest_code(connection, flow=row.id)
    if code is None:
        return {"channels": list(channels)}
    lengths = {"call": CALL_DIGITS, "paper": PAPER_CHARS}
    failed = code.failed_ms is not None
    wait_ms = 0 if failed or code.channel == "paper" else resend_wait_ms(code.created_ms, now, settings.codes)
    return {
        "channel": code.channel,
        "channels": list(channels),
        "resend_s": -(-wait_ms // 1000),
        "tries_left": 0 if code.used_ms is not None else max(0, settings.codes.tries - code.tries),
        "code_digits": lengths.get(code.channel, DIGITS),
        "delivery": delivery_of(connection, code.id),
    }


def _link_fields(connection: Connection, row: Row[Any], now: int, schools: Schools) -> dict[str, Any]:
    """A link that died meanwhile leaves its part out: the next step that needs it says why."""
    try:
        if row.start == "invite":
            invite = schools.check_invite(connection, row.link, now)
            return {"invite": invite, "form": form_of(row.start, invite)}
        parent = schools.check_parent_link(connection, row.link, None, now)
        return {"parent": parent, "form": form_of(row.start, None)}
    except AppError:
        return {}
