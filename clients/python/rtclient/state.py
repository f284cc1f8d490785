"""What the account sees, kept up to date by events: old state plus events equals fetched state. Pure, no I/O.

Where an event alone cannot tell the new state (a deleted message that may or may not have counted as unread), the chat
is named as stale and the caller asks ``chat.get``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from msgspec.structs import replace

from rtserver.wire import chat as w
from rtserver.wire.drafts import DraftChanged
from rtserver.wire.presence import ReadsMoved, TypingTold
from rtserver.wire.sync import DraftState, ReadState
from rtserver.wire.types import ChatState, Person

from .events import Passing
from .messages import changed, posted

StateEvent = w.ChatEvent | w.AccountEvent | Passing


class Counts(NamedTuple):
    """What one post adds to ``unread`` and ``unread_mentions``."""

    unread: bool = False
    mention: bool = False


class State:
    """Chats, the order of the pinned ones, and people by id. Empty until ``load``."""

    def __init__(self) -> None:
        self.me = ""
        self.loaded = False
        self.account_seq = 0
        self.chats: dict[str, ChatState] = {}
        self.pins: list[str] = []
        self.people: dict[str, Person] = {}
        self._posts: defaultdict[str, dict[int, Counts]] = defaultdict(dict)
        """By chat: posts heard since its state was loaded, and what each counts for."""

    def load(self, listed: w.ChatListed) -> None:
        """Replace everything (``chat.list``)."""
        self.loaded = True
        self.account_seq = listed.account_seq
        self.chats = {chat.id: chat for chat in listed.chats}
        self.pins = list(listed.pins)
        self.people = {person.id: person for person in listed.people}
        self._posts.clear()

    def put(self, got: w.ChatGot) -> None:
        """Replace one chat (``chat.get``)."""
        self.chats[got.chat.id] = got.chat
        self._posts.pop(got.chat.id, None)
        self.meet(got.people)

    def meet(self, people: Iterable[Person]) -> None:
        self.people.update((person.id, person) for person in people)

    def drop(self, chat: str) -> None:
        self.chats.pop(chat, None)
        self._posts.pop(chat, None)
        self.pins = [one for one in self.pins if one != chat]

    def read(self, reads: Iterable[ReadState]) -> None:
        """The read marks and counts of a ``sync``."""
        for one in reads:
            self._read_to(one)

    def draft(self, drafts: Iterable[DraftState]) -> None:
        """All drafts, of a ``sync``: a chat without one has none."""
        held = {one.chat: one.draft for one in drafts}
        self.chats = {key: replace(chat, draft=held.get(key)) for key, chat in self.chats.items()}

    def apply(self, event: StateEvent) -> set[str]:
        """Take one event that is next in its log; gives the chats whose state must be asked anew."""
        if not self.loaded:
            return set()
        if isinstance(event, w.ReadMoved):
            self._read_to(event)
            return set()
        if isinstance(event, DraftChanged):
            if event.chat in self.chats:
                self.chats[event.chat] = replace(self.chats[event.chat], draft=event.draft)
            return set()
        if isinstance(event, TypingTold | ReadsMoved):  # for who shows it; nothing is kept
            return set()
        if isinstance(event, w.AccountEvent):
            if event.seq <= self.account_seq:  # already in what was loaded
                return set()
            self.account_seq = event.seq
            return self._own(event)
        chat = self.chats.get(event.chat)
        if chat is None:
            return {event.chat}
        if event.seq <= chat.head:  # as above
            return set()
        after, stale = self._chat(replace(chat, head=event.seq), event)
        self.chats[event.chat] = after
        return {event.chat} if stale else set()

    def _read_to(self, mark: ReadState | w.ReadMoved) -> None:
        held = self.chats.get(mark.chat)
        if held is None or mark.read_seq < held.view.read_seq:
            return
        view = replace(held.view, read_seq=mark.read_seq)
        self.chats[mark.chat] = replace(held, unread=mark.unread, unread_mentions=mark.unread_mentions, view=view)

    def _own(self, event: w.AccountEvent) -> set[str]:
        match event:
            case w.ChatJoined():
                return {event.chat}
            case w.ChatLeft():
                self.drop(event.chat)
            case w.ChatViewChanged():
                self.pins = list(event.pins)
                held = self.chats.get(event.chat)
                if held is not None:
                    read_seq = max(held.view.read_seq, event.view.read_seq)
                    self.chats[event.chat] = replace(held, view=replace(event.view, read_seq=read_seq))
            case w.MessageWasStarred() | w.MessageWasUnstarred():
                self._star(event.chat, event.target, isinstance(event, w.MessageWasStarred))
            case w.MessagesHidden():
                return self._hide(event)
        return set()

    def _star(self, chat: str, target: int, starred: bool) -> None:
        held = self.chats.get(chat)
        if held is not None and held.last_message is not None and held.last_message.seq == target:
            self.chats[chat] = replace(held, last_message=replace(held.last_message, starred=starred))

    def _hide(self, event: w.MessagesHidden) -> set[str]:
        held = self.chats.get(event.chat)
        if held is None:
            return set()
        self.chats[event.chat] = replace(held, unread=event.unread, unread_mentions=event.unread_mentions)
        for target in event.targets:
            self._posts[event.chat][target] = Counts()
        hidden = set(event.targets)
        lost_last = held.last_message is not None and held.last_message.seq in hidden
        return {event.chat} if lost_last or hidden & set(held.pinned_messages) else set()

    def _chat(self, chat: ChatState, event: w.ChatEvent) -> tuple[ChatState, bool]:
        """The chat after an event of its log, and whether it must be asked anew."""
        match event:
            case w.MessagePosted():
                return self._posted(chat, event), False
            case w.MessageDeleted():
                return self._deleted(chat, event)
            case w.MessageEdited() | w.ReactionAdded() | w.ReactionRemoved():
                return _last_changed(chat, event), False
            case w.MessagePinned():
                pins = [*(one for one in chat.pinned_messages if one != event.target), event.target]
                # a message from before our time in the chat is pinned for others only
                return replace(chat, pinned_messages=pins), event.target not in self._posts[chat.id]
            case w.MessageUnpinned():
                return replace(chat, pinned_messages=_without(chat.pinned_messages, event.target)), False
            case w.ChatUpdated():
                known: dict[str, Any] = {
                    "title": event.title,
                    "pin_policy": event.pin_policy,
                    "write_policy": event.write_policy,
                    "slow_s": event.slow_s,
                }
                return replace(chat, **{key: value for key, value in known.items() if value is not None}), False
            case w.MemberAdded():
                return replace(chat, members_count=chat.members_count + 1), False
            case w.MemberRemoved():
                return replace(chat, members_count=chat.members_count - 1), False
            case w.MemberRoleChanged() if event.account == self.me:
                return replace(chat, my_role=event.role), False
        return chat, False

    def _posted(self, chat: ChatState, event: w.MessagePosted) -> ChatState:
        unread = event.actor != self.me and not event.erased and event.seq > chat.view.read_seq
        counts = Counts(unread, unread and (event.mentions_all or self.me in event.mentions))
        self._posts[chat.id][event.seq] = counts
        return replace(
            chat,
            head_post_no=event.post_no,
            last_message=posted(event),
            last_ts=event.ts,
            unread=chat.unread + counts.unread,
            unread_mentions=chat.unread_mentions + counts.mention,
        )

    def _deleted(self, chat: ChatState, event: w.MessageDeleted) -> tuple[ChatState, bool]:
        after = replace(_last_changed(chat, event), pinned_messages=_without(chat.pinned_messages, event.target))
        if event.target <= chat.view.read_seq:
            return after, False
        counted = self._posts[chat.id].get(event.target)
        self._posts[chat.id][event.target] = Counts()
        if counted is None:
            return after, True
        unread, mentions = after.unread - counted.unread, after.unread_mentions - counted.mention
        return replace(after, unread=unread, unread_mentions=mentions), False


def _last_changed(chat: ChatState, event: w.ChatEvent) -> ChatState:
    last = chat.last_message
    if last is None or getattr(event, "target", None) != last.seq:
        return chat
    return replace(chat, last_message=changed(last, event))


def _without(seqs: list[int], seq: int) -> list[int]:
    return [one for one in seqs if one != seq]
