"""A client by docs/PROTOCOL.md and nothing else: state and events in, state out. Pure; it never asks the server itself.

It is what the server's fetched state is compared with: whatever a client cannot know from events alone is a fault of
the protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from rtserver.wire import chat as w
from rtserver.wire.drafts import DraftChanged
from rtserver.wire.sync import ReadState, Synced
from rtserver.wire.types import ChatState, Message, Reaction

Event = msgspec.Struct
replace = msgspec.structs.replace


@dataclass
class Room:
    """One chat: its state as ``chat.get`` gives it, and all its messages by seq, oldest first."""

    state: ChatState
    messages: dict[int, Message]

    def settle(self) -> None:
        """Derive the last message from those held."""
        last = self.messages[max(self.messages)] if self.messages else None
        self.state = replace(self.state, last_message=last, last_ts=last.ts if last else self.state.created_ts)


@dataclass
class Replica:
    """All that one tab holds. ``wanted`` are chats that must be loaded (``chat.get``, ``message.history``)."""

    account: str
    rooms: dict[str, Room] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    epoch: str = ""
    account_seq: int = 0
    wanted: set[str] = field(default_factory=set)
    reset: bool = True

    def load(self, listed: w.ChatListed) -> None:
        """``chat.list``: drop everything; every chat's messages are to be loaded."""
        self.rooms.clear()
        self.pins = list(listed.pins)
        self.epoch, self.account_seq = listed.epoch, listed.account_seq
        self.wanted = {chat.id for chat in listed.chats}
        self.reset = False

    def open(self, state: ChatState, messages: Sequence[Message]) -> None:
        self.rooms[state.id] = Room(state, {m.seq: m for m in messages})
        self.wanted.discard(state.id)

    def sync(self, synced: Synced) -> None:
        """Deltas of chats first, then the own log, then read marks."""
        if synced.reset:
            self.reset = True
            return
        for delta in synced.chats:
            if delta.reset:
                self.rooms.pop(delta.chat, None)
                self.wanted.add(delta.chat)
            for event in delta.events:
                self.hear(event)
        for event in synced.account_events:
            self.hear(event)
        for read in synced.reads:
            room = self.rooms.get(read.chat)
            if room is not None:
                self._read(room, read)
        drafts = {one.chat: one.draft for one in synced.drafts}
        for chat, room in self.rooms.items():
            room.state = replace(room.state, draft=drafts.get(chat))

    def hear(self, event: Event) -> None:
        """One event. Doubles are dropped by ``seq``; a hole is a fault of the test's own transport."""
        if isinstance(event, w.ChatEvent):
            room = self.rooms.get(event.chat)
            if room is None or event.seq <= room.state.head:
                return
            assert event.seq == room.state.head + 1, (event, room.state.head)
            room.state = replace(room.state, head=event.seq)
            self._chat(room, event)
            room.settle()
        elif isinstance(event, w.AccountEvent):
            if event.seq <= self.account_seq:
                return
            assert event.seq == self.account_seq + 1, (event, self.account_seq)
            self.account_seq = event.seq
            self._own(event)
        elif isinstance(event, w.ReadMoved):
            room = self.rooms.get(event.chat)
            if room is not None:
                self._read(room, event)
        elif isinstance(event, DraftChanged):
            room = self.rooms.get(event.chat)
            if room is not None:
                room.state = replace(room.state, draft=event.draft)

    # --- one chat's log ------------------------------------------------------------------------------------------

    def _chat(self, room: Room, event: w.ChatEvent) -> None:
        state = room.state
        if isinstance(event, w.ChatUpdated):
            room.state = replace(
                state,
                title=event.title or state.title,
                pin_policy=event.pin_policy or state.pin_policy,
                write_policy=event.write_policy or state.write_policy,
                slow_s=state.slow_s if event.slow_s is None else event.slow_s,
            )
        elif isinstance(event, w.MemberAdded):
            room.state = replace(state, members_count=state.members_count + 1)
        elif isinstance(event, w.MemberRemoved):
            room.state = replace(state, members_count=state.members_count - 1)
        elif isinstance(event, w.MemberRoleChanged):
            if event.account == self.account:
                room.state = replace(state, my_role=event.role)
        elif isinstance(event, w.MessagePosted):
            self._posted(room, event)
        elif isinstance(event, w.MessagePinned):
            room.state = replace(state, pinned_messages=[*state.pinned_messages, event.target])
        elif isinstance(event, w.MessageUnpinned):
            self._unpin(room, event.target)
        elif isinstance(event, w.MessageDeleted):
            self._deleted(room, event.target)
        else:
            message = room.messages.get(getattr(event, "target", 0))
            if message is not None:
                room.messages[message.seq] = _changed(message, event)

    def _posted(self, room: Room, event: w.MessagePosted) -> None:
        assert event.actor is not None
        room.messages[event.seq] = Message(
            seq=event.seq,
            author=event.actor,
            ts=event.ts,
            text=event.text,
            nonce=event.nonce,
            post_no=event.post_no,
            reply_to=event.reply_to,
            forwarded=event.forwarded,
            files=event.files,
            mentions=event.mentions,
            mentions_all=event.mentions_all,
        )
        self._count(room, room.messages[event.seq], 1)
        room.state = replace(room.state, head_post_no=event.post_no)

    def _count(self, room: Room, message: Message, by: int) -> None:
        """One message of another more or less is unread, and perhaps mentions me."""
        if message.author != self.account:
            meant = message.mentions_all or self.account in message.mentions
            room.state = replace(
                room.state,
                unread=room.state.unread + by,
                unread_mentions=room.state.unread_mentions + by * meant,
            )

    def _unpin(self, room: Room, target: int) -> None:
        room.state = replace(room.state, pinned_messages=[s for s in room.state.pinned_messages if s != target])

    def _deleted(self, room: Room, target: int) -> None:
        self._unpin(room, target)
        message = room.messages.get(target)
        if message is None:
            return
        if not message.deleted and target > room.state.view.read_seq:
            self._count(room, message, -1)
        room.messages[target] = replace(
            message,
            text="",
            deleted=True,
            forwarded=None,
            edited_ts=None,
            reactions=[],
            starred=False,
            mentions=[],
            mentions_all=False,
            files=[],
        )

    # --- the own log ---------------------------------------------------------------------------------------------

    def _own(self, event: w.AccountEvent) -> None:
        if isinstance(event, w.ChatJoined):
            self.wanted.add(event.chat)
            return
        if isinstance(event, w.ChatLeft):
            self.rooms.pop(event.chat, None)
            self.wanted.discard(event.chat)
            self.pins = [chat for chat in self.pins if chat != event.chat]
            return
        if isinstance(event, w.ChatViewChanged):
            self.pins = list(event.pins)
        chat = getattr(event, "chat", "")
        room = self.rooms.get(chat)
        if room is None:
            return
        if isinstance(event, w.ChatViewChanged):
            read_seq = max(event.view.read_seq, room.state.view.read_seq)
            room.state = replace(room.state, view=replace(event.view, read_seq=read_seq))
        elif isinstance(event, w.MessagesHidden):
            for target in event.targets:
                room.messages.pop(target, None)
            room.state = replace(room.state, unread=event.unread, unread_mentions=event.unread_mentions)
        elif isinstance(event, w.MessageWasStarred | w.MessageWasUnstarred):
            message = room.messages.get(event.target)
            if message is not None and not message.deleted:  # the star of a deleted message went with it
                starred = isinstance(event, w.MessageWasStarred)
                room.messages[event.target] = replace(message, starred=starred)
        room.settle()

    @staticmethod
    def _read(room: Room, mark: w.ReadMoved | ReadState) -> None:
        if mark.read_seq >= room.state.view.read_seq:
            view = replace(room.state.view, read_seq=mark.read_seq)
            room.state = replace(room.state, view=view, unread=mark.unread, unread_mentions=mark.unread_mentions)


def _changed(message: Message, event: w.ChatEvent) -> Message:
    if isinstance(event, w.MessageEdited):
        return replace(message, text=event.text, edited_ts=event.ts)
    if isinstance(event, w.ReactionAdded | w.ReactionRemoved):
        assert event.actor is not None
        who = {r.emoji: list(r.accounts) for r in message.reactions}
        if isinstance(event, w.ReactionAdded):
            who.setdefault(event.emoji, []).append(event.actor)
        else:
            who[event.emoji].remove(event.actor)
        reactions = [Reaction(emoji=emoji, accounts=a) for emoji, a in sorted(who.items()) if a]
        return replace(message, reactions=reactions)
    return message
