"""The flow's table is whole, its decisions are right, and its diagram is fresh."""

from __future__ import annotations

from typing import get_args

import pytest

from rtserver.auth.diagram import PAGE, diagram
from rtserver.auth.flow import (
    BEFORE_LOG_IN,
    TABLE,
    Event,
    Owner,
    Standing,
    advance,
    decide_code,
    decide_contact,
    decide_next,
    registration_refusal,
)
from rtserver.wire.auth import FlowState, Step
from rtserver.wire.errors import ERRORS, AppError

STATES = {*get_args(FlowState), *get_args(Step)}


def test_every_state_is_reached_and_every_event_is_used() -> None:
    """House rule 4."""
    reached, todo = {"contact"}, ["contact"]
    while todo:
        state = todo.pop()
        for (before, _), move in TABLE.items():
            if before == state and move.state not in reached:
                reached.add(move.state)
                todo.append(move.state)
    assert reached == STATES
    assert {event for _, event in TABLE} == set(get_args(Event))


@pytest.mark.parametrize("state", BEFORE_LOG_IN)
def test_every_step_can_be_left_and_leads_on(state: str) -> None:
    """Issue 3 item 1: no dead ends before log-in, and each can be left."""
    ways = {event for before, event in TABLE if before == state}
    assert "left" in ways
    assert len(ways) > 1


def test_what_does_not_fit_the_state_is_refused() -> None:
    """A second tab that went on."""
    with pytest.raises(AppError, match="flow_step"):
        advance("contact", "password_right")


def test_the_diagram_is_fresh() -> None:
    assert PAGE.read_text().endswith(diagram())


@pytest.mark.parametrize(
    ("owner", "known", "can_send", "event"),
    [
        (None, False, True, "asked_code"),
        (None, True, True, "asked_code"),
        (Owner(True), False, True, "asked_code"),
        (Owner(True), True, True, "known_device"),
        (Owner(False), True, True, "asked_code"),
        (None, False, False, "asked_password"),
        (Owner(True), False, False, "asked_password"),
    ],
)
def test_code_or_password_first(owner: Owner | None, known: bool, can_send: bool, event: str) -> None:
    """D5: only a device that the account knows skips the code."""
    assert decide_contact(owner, known_device=known, can_send=can_send) == event


@pytest.mark.parametrize(
    ("start", "wanted", "owner", "refusal", "outcome"),
    [
        ("login", "", None, None, ("code_right_new", None)),
        ("login", "", None, "email_needs_invite", ("code_right_refused", "email_needs_invite")),
        ("login", "", Owner(True), "email_needs_invite", ("code_right_password", None)),
        ("login", "", Owner(False), None, ("code_right_known", None)),
        ("login", "reset", Owner(True), None, ("code_right_reset", None)),
        ("login", "claim", Owner(True), None, ("code_right_claim", None)),
        ("login", "reset", None, None, ("code_right_new", None)),
        ("parent", "", Owner(True, child=True), None, ("code_right_refused", "phone_is_childs")),
        ("parent", "", Owner(True), None, ("code_right_password", None)),
        ("invite", "", Owner(True, child=True), None, ("code_right_password", None)),
    ],
)
def test_after_a_right_code(start: str, wanted: str, owner: Owner | None, refusal: str | None, outcome: object) -> None:
    """R-3, R-5, R-25, R-28, R-42, R-61, D20."""
    assert decide_code(start, wanted, owner, refusal) == outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "kind", "primary", "student", "code"),
    [
        ("login", "phone", False, False, None),
        ("invite", "phone", False, True, None),
        ("parent", "phone", False, False, None),
        ("login", "email", False, False, "email_needs_invite"),
        ("invite", "email", True, True, None),
        ("invite", "email", False, True, "email_needs_primary_class"),
        ("invite", "email", False, False, "email_needs_invite"),
        ("parent", "email", False, False, "phone_needed"),
    ],
)
def test_who_may_register_with_what(start: str, kind: str, primary: bool, student: bool, code: str | None) -> None:
    """R-6, R-42, R-60, D2."""
    refusal = registration_refusal(start, kind, email_allowed=primary, invited_student=student)  # type: ignore[arg-type]
    assert refusal == code
    assert code is None or code in ERRORS


@pytest.mark.parametrize(
    ("facts", "event"),
    [
        (Standing(), "alone"),
        (Standing(stage="waiting"), "applied"),
        (Standing(stage="member"), "inside"),
        (Standing(held=True, stage="member"), "held"),
        (Standing(invited=True, held=True), "invited"),
        (Standing(child_link=True, invited=True), "has_child_link"),
    ],
)
def test_where_to_go_next(facts: Standing, event: str) -> None:
    """R-30, R-46, R-54, R-56: the invitation before the hold, the hold before the school."""
    assert decide_next(facts) == event
