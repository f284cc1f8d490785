"""What a chat's log says its tables must hold: events in, rows out. Pure; reads no table and compares nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from .events import (
    CREATED,
    DELETED,
    EDITED,
    MEMBER_ADDED,
    MEMBER_REMOVED,
    MEMBER_ROLE,
    PINNED,
    POSTED,
    REACTED,
    UNPINNED,
    UNREACTED,
    UPDATED,
    decode_facts,
)


@dataclass(slots=True)
class Standing:
    """A message as its events leave it, in the words of the table ``message``."""

    author: int | None
    nonce: str
    ts_ms: int
    post_no: int
    reply_to: int | None
    body_seq: int
    edited_ms: int | None = None
    deleted_ms: int | None = None
    worded: list[int] = field(default_factory=list)
    """The post and its edits: entries that have a body until the message is deleted."""


@dataclass(slots=True)
class Replay:
    """One chat's rows, grown event by event in the order of ``seq``."""

    founders: Collection[int]
    """Accounts whose row starts at the first event. A founder's first entry looks like any early newcomer's."""
    history_for_new: bool
    messages: dict[int, Standing] = field(default_factory=dict)
    bodies: set[int] = field(default_factory=set)
    """Entries that must have a body row."""
    files: dict[int, list[int]] = field(default_factory=dict)
    """Files that living messages hold, in their order."""
    pins: dict[int, int] = field(default_factory=dict)
    reactions: dict[tuple[int, str, int], int] = field(default_factory=dict)
    mentions: set[tuple[int, int]] = field(default_factory=set)
    """``(seq, account)``."""
    members: dict[tuple[int, int], tuple[int | None, str]] = field(default_factory=dict)
    """``(account, from_seq)`` to ``(to_seq, role)``."""
    title_seq: int | None = None
    pin_policy: str | None = None
    write_policy: str = "everyone"
    slow_s: int = 0
    last_ms: int = 0
    _opening: bool = True

    def apply(self, row: Any) -> None:
        """Take the next row of ``chat_event``. A row that fits nothing before it changes nothing."""
        facts = decode_facts(row.facts)
        kind, seq, target = row.kind, row.seq, row.target_seq
        self.last_ms = row.ts_ms
        if row.body_commit is not None:
            self.bodies.add(seq)
        if kind not in (CREATED, MEMBER_ADDED):
            self._opening = False
        if kind in (CREATED, UPDATED):
            self.title_seq = seq if row.body_commit is not None else self.title_seq
            self.pin_policy = facts.get("pp", self.pin_policy)
            self.write_policy = facts.get("wp", self.write_policy)
            self.slow_s = facts.get("sl", self.slow_s)
        elif kind in (MEMBER_ADDED, MEMBER_REMOVED, MEMBER_ROLE):
            self._member(kind, seq, facts)
        elif kind == POSTED:
            self.mentions.update((seq, account) for account in facts.get("m", ()))
            self.messages[seq] = Standing(row.actor, facts["n"], row.ts_ms, facts["p"], target, seq, worded=[seq])
            if "f" in facts:
                self.files[seq] = facts["f"]
        elif kind in (EDITED, DELETED):
            self._change(kind, seq, target, row.ts_ms)
        elif kind == PINNED:
            self.pins[target] = seq
        elif kind == UNPINNED:
            self.pins.pop(target, None)
        elif kind == REACTED:
            self.reactions[target, facts["e"], row.actor] = seq
        elif kind == UNREACTED:
            self.reactions.pop((target, facts["e"], row.actor), None)

    @property
    def present(self) -> int:
        return sum(last is None for last, _ in self.members.values())

    def _member(self, kind: int, seq: int, facts: dict[str, Any]) -> None:
        account = facts["a"]
        if kind == MEMBER_ADDED:
            whole = self.history_for_new or (self._opening and account in self.founders)
            self.members[account, 1 if whole else seq] = (None, facts["r"])
            return
        for key, (last, role) in self.members.items():
            if key[0] == account and last is None:
                self.members[key] = (seq, role) if kind == MEMBER_REMOVED else (None, facts["r"])

    def _change(self, kind: int, seq: int, target: int, ts_ms: int) -> None:
        message = self.messages.get(target)
        if message is None:
            return
        if kind == EDITED:
            message.worded.append(seq)
            message.body_seq, message.edited_ms = seq, ts_ms
            return
        message.deleted_ms = ts_ms
        self.files.pop(target, None)
        self.bodies.difference_update(message.worded)
        self.pins.pop(target, None)
        self.mentions = {one for one in self.mentions if one[0] != target}
        for key in [key for key in self.reactions if key[0] == target]:
            del self.reactions[key]
