"""Reports of messages to the school's administrators (D8, E-14). Shapes only."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .chat import Command, Result
from .types import Id, Ms, Nonce, Person, Seq, Value

ReportReason = Literal["insult", "threat", "spam", "forbidden", "other"]
ReportDecision = Literal["justified", "unfounded"]
REPORTS_PAGE = 50


class MessageReport(Command, frozen=True):
    """Send a message and up to five around it, as they stand now, to the administrators; its author learns nothing.

    Once for each message: again changes nothing.
    """

    chat: Id
    nonce: Nonce
    target: Seq
    reason: ReportReason
    comment: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ReportedMessage(Value, frozen=True):
    seq: Seq
    author: Id
    ts: Ms
    text: str


class Report(Value, frozen=True):
    """``messages`` are a copy of their own, in order; deleting a message does not change it."""

    id: Id
    chat: Id
    chat_title: str
    target: Seq
    reporter: Id
    reason: ReportReason
    comment: str
    created: Ms
    messages: list[ReportedMessage]
    decision: ReportDecision | None
    decided_by: Id | None
    decided: Ms | None


class ReportList(Command, frozen=True):
    """Reports of the schools that the asker administers, newest first; ``before`` is the last id of the page before."""

    open: bool = True
    before: Id | None = None


class ReportsListed(Result, frozen=True):
    reports: list[Report]
    people: list[Person]
    more: bool


class ReportDecide(Command, frozen=True):
    """Close a report, once; written into the school's journal."""

    report: Id
    decision: ReportDecision
