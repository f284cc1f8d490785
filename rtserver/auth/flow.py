"""Registration and log-in as one table: state and event to next state and effect. Pure: knows no row, no clock.

``decide_*`` turn facts into the event that happened; ``advance`` looks it up. The diagram in docs/REGISTRATION.md is
generated from ``TABLE`` (``python -m rtserver.auth.diagram``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from rtserver.wire.auth import FlowStart, FlowState, Step
from rtserver.wire.errors import AppError

State = FlowState | Step
Event = Literal[
    "known_device",
    "asked_code",
    "asked_password",
    "changed_contact",
    "resent",
    "code_right_known",
    "code_right_password",
    "code_right_new",
    "code_right_reset",
    "code_right_claim",
    "code_right_refused",
    "password_right",
    "forgot",
    "forgot_proven",
    "not_me",
    "own_number",
    "claimed",
    "claimed_proven",
    "password_set",
    "profile_given",
    "qr_made",
    "qr_approved",
    "external_begun",
    "external_known",
    "external_unknown",
    "begun_signed",
    "left",
    "invited",
    "has_child_link",
    "held",
    "inside",
    "applied",
    "alone",
    "joined",
    "declined",
    "confirmed_child",
    "parent_confirmed",
    "approved",
    "refused",
]
Effect = Literal[
    "", "send_code", "recognise", "open_session", "make_account", "set_password", "make_claim", "forget", "apply"
]


class Move(NamedTuple):
    state: State
    effect: Effect = ""


TABLE: dict[tuple[State, Event], Move] = {
    # who are you (S02, S08, S15)
    ("contact", "known_device"): Move("password", "recognise"),
    ("contact", "asked_code"): Move("code", "send_code"),
    ("contact", "asked_password"): Move("password"),
    ("contact", "qr_made"): Move("qr"),
    ("contact", "external_begun"): Move("external"),
    ("contact", "begun_signed"): Move("signed_in"),
    # the code (S04)
    ("code", "resent"): Move("code", "send_code"),
    ("code", "changed_contact"): Move("contact", "forget"),
    ("code", "code_right_known"): Move("signed_in", "open_session"),
    ("code", "code_right_password"): Move("password", "recognise"),
    ("code", "code_right_new"): Move("profile"),
    ("code", "code_right_reset"): Move("new_password"),
    ("code", "code_right_claim"): Move("claimed", "make_claim"),
    ("code", "code_right_refused"): Move("contact", "forget"),
    # the password (S05, S07)
    ("password", "password_right"): Move("signed_in", "open_session"),
    ("password", "forgot"): Move("code", "send_code"),
    ("password", "forgot_proven"): Move("new_password"),
    ("password", "not_me"): Move("other"),
    ("password", "changed_contact"): Move("contact", "forget"),
    ("new_password", "password_set"): Move("signed_in", "set_password"),
    ("new_password", "changed_contact"): Move("contact", "forget"),
    # it is not me (S06, D4, D20)
    ("other", "own_number"): Move("contact", "forget"),
    ("other", "claimed"): Move("code", "send_code"),
    ("other", "claimed_proven"): Move("claimed", "make_claim"),
    ("claimed", "changed_contact"): Move("contact", "forget"),
    # the profile (S09, S16)
    ("profile", "profile_given"): Move("signed_in", "make_account"),
    ("profile", "changed_contact"): Move("contact", "forget"),
    # other ways in (S03, D11)
    ("qr", "qr_made"): Move("qr"),
    ("qr", "qr_approved"): Move("signed_in", "open_session"),
    ("qr", "asked_code"): Move("code", "send_code"),
    ("qr", "asked_password"): Move("password"),
    ("qr", "known_device"): Move("password", "recognise"),
    ("qr", "external_begun"): Move("external"),
    ("external", "external_known"): Move("signed_in", "open_session"),
    ("external", "external_unknown"): Move("contact"),
    ("external", "external_begun"): Move("external"),
    ("external", "changed_contact"): Move("contact", "forget"),
    # logged in: where to go (S10…S18)
    ("signed_in", "has_child_link"): Move("child"),
    ("signed_in", "invited"): Move("invitation"),
    ("signed_in", "held"): Move("hold"),
    ("signed_in", "inside"): Move("home"),
    ("signed_in", "applied"): Move("waiting"),
    ("signed_in", "alone"): Move("apply"),
    ("invitation", "joined"): Move("signed_in", "apply"),
    ("invitation", "declined"): Move("signed_in"),
    ("child", "confirmed_child"): Move("signed_in"),
    ("hold", "parent_confirmed"): Move("signed_in"),
    ("waiting", "approved"): Move("signed_in"),
    ("waiting", "refused"): Move("signed_in"),
    ("apply", "joined"): Move("signed_in", "apply"),
}

BEFORE_LOG_IN: tuple[State, ...] = (
    "contact",
    "code",
    "password",
    "new_password",
    "other",
    "claimed",
    "profile",
    "qr",
    "external",
)
TABLE |= {(state, "left"): Move("left", "forget") for state in BEFORE_LOG_IN}


def advance(state: str, event: Event) -> Move:
    """The move; ``flow_step`` when the event cannot happen in that state (a second tab went on, say)."""
    for (before, name), move in TABLE.items():
        if before == state and name == event:
            return move
    raise AppError("flow_step", state=state)


@dataclass(frozen=True, slots=True)
class Owner:
    """What is known of the account that holds the contact. ``child``: a student under 18 (R-5)."""

    has_password: bool
    child: bool = False


def decide_contact(owner: Owner | None, *, known_device: bool, can_send: bool) -> Event:
    """D5: a known device goes to the password, every other one to the code, whoever the contact belongs to.

    Where no code can be sent (a school with paper codes only), the password is asked, known contact or not.
    """
    if known_device and owner is not None and owner.has_password:
        return "known_device"
    return "asked_code" if can_send else "asked_password"


def registration_refusal(start: FlowStart, kind: str, *, email_allowed: bool, invited_student: bool) -> str | None:
    """Why nobody may register with this contact here (R-6, R-42, R-60, D2), else None."""
    if kind == "phone":
        return None
    if start == "parent":
        return "phone_needed"
    if start == "login":
        return "email_needs_invite"
    if email_allowed:
        return None
    return "email_needs_primary_class" if invited_student else "email_needs_invite"


def decide_code(start: FlowStart, wanted: str, owner: Owner | None, refusal: str | None) -> tuple[Event, str | None]:
    """After a right code: what comes, and the refusal to tell, if any. Only here is it told who has the number."""
    if owner is None:
        return ("code_right_new", None) if refusal is None else ("code_right_refused", refusal)
    if start == "parent" and owner.child:
        return "code_right_refused", "phone_is_childs"
    if wanted == "claim":
        return "code_right_claim", None
    if wanted == "reset":
        return "code_right_reset", None
    return ("code_right_password" if owner.has_password else "code_right_known"), None


@dataclass(frozen=True, slots=True)
class Standing:
    """Facts of a logged-in account that choose its next screen."""

    invited: bool = False
    child_link: bool = False
    held: bool = False
    stage: Literal["member", "waiting", "none"] = "none"


def decide_next(facts: Standing) -> Event:
    """R-30 before R-56: an invitation is answered first, so that the school can look while a parent confirms."""
    if facts.child_link:
        return "has_child_link"
    if facts.invited:
        return "invited"
    if facts.held:
        return "held"
    if facts.stage == "member":
        return "inside"
    return "applied" if facts.stage == "waiting" else "alone"
