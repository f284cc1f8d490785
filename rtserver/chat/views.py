"""The account's own view of its chats (R-94…R-97): pins, archive, unread flag, mute, read marks. Tells nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from rtserver.bus.base import Hint, account_stream
from rtserver.wire import chat as w
from rtserver.wire.types import ChatView
from storage import tables as t
from storage.db import upsert
from storage.events import view_of
from storage.ids import parse_id, wire_id
from storage.unread import unread_counts

from .loads import member_role, pins_of, view_row
from .rules import order_pins, pin_chat
from .work import Work


def set_view(work: Work, account: int, chat: int, **values: Any) -> None:
    """Write columns of one view row, made when missing."""
    statement = upsert(work.connection, t.chat_view).values(account_id=account, chat_id=chat, **values)
    work.connection.execute(statement.on_conflict_do_update(index_elements=["account_id", "chat_id"], set_=values))


def save_pins(work: Work, account: int, pins: Sequence[int]) -> None:
    v = t.chat_view.c
    work.connection.execute(
        update(t.chat_view).where(v.account_id == account, v.pin_rank.is_not(None)).values(pin_rank=None)
    )
    for rank, chat in enumerate(pins):
        set_view(work, account, chat, pin_rank=rank)


def tell_view(work: Work, account: int, chat: int) -> w.Done:
    """Log the whole view after a change, so that one event replaces what a device holds."""
    view = _view(work, account, chat)
    pins = [wire_id(one) for one in pins_of(work.connection, account)]
    work.append_account(
        account, lambda seq, at: w.ChatViewChanged(seq=seq, ts=at, chat=wire_id(chat), view=view, pins=pins)
    )
    return w.Done()


def _view(work: Work, account: int, chat: int) -> ChatView:
    return view_of(view_row(work.connection, account, chat), work.marks_of(account).get(chat, 0))


def _change(work: Work, account: int, chat: int, **values: Any) -> w.Done:
    """Set part of a view and tell it; a repeat after a lost answer changes nothing and tells nothing."""
    row = view_row(work.connection, account, chat)
    if all((None if row is None else getattr(row, name)) == value for name, value in values.items()):
        return w.Done()
    set_view(work, account, chat, **values)
    return tell_view(work, account, chat)


def _own(work: Work, actor: int, chat: str) -> int:
    """The chat's id when the actor is in it. The locked head also keeps two devices of one account in order."""
    number = work.head(parse_id(chat)).id
    member_role(work.connection, number, actor)
    return number


def pin(work: Work, actor: int, command: w.ChatPin) -> w.Done:
    chat = _own(work, actor, command.chat)
    before = pins_of(work.connection, actor)
    after = pin_chat(before, chat)
    if after == before:
        return w.Done()
    save_pins(work, actor, after)
    set_view(work, actor, chat, archived_at_seq=None)  # a pinned chat stands on top, not in the archive
    return tell_view(work, actor, chat)


def unpin(work: Work, actor: int, command: w.ChatUnpin) -> w.Done:
    chat = _own(work, actor, command.chat)
    pins = pins_of(work.connection, actor)
    if chat not in pins:
        return w.Done()
    save_pins(work, actor, [one for one in pins if one != chat])
    return tell_view(work, actor, chat)


def order(work: Work, actor: int, command: w.ChatPinOrder) -> w.Done:
    pins = pins_of(work.connection, actor)
    wanted = order_pins(pins, [parse_id(chat) for chat in command.chats])
    if wanted == pins:
        return w.Done()
    save_pins(work, actor, wanted)
    return tell_view(work, actor, wanted[0])


def archive(work: Work, actor: int, command: w.ChatArchive) -> w.Done:
    """R-95. "Back because of a new message" is derived from ``archived_at_seq`` by readers, never written."""
    chat = _own(work, actor, command.chat)
    pins = pins_of(work.connection, actor)
    if chat in pins:
        save_pins(work, actor, [one for one in pins if one != chat])
    return _change(work, actor, chat, archived_at_seq=work.head(chat).seq)


def unarchive(work: Work, actor: int, command: w.ChatUnarchive) -> w.Done:
    chat = _own(work, actor, command.chat)
    return _change(work, actor, chat, archived_at_seq=None)


def mark_unread(work: Work, actor: int, command: w.ChatMarkUnread) -> w.Done:
    chat = _own(work, actor, command.chat)
    return _change(work, actor, chat, marked_unread=True)


def mute(work: Work, actor: int, command: w.ChatMute) -> w.Done:
    chat = _own(work, actor, command.chat)
    return _change(work, actor, chat, muted_until_ms=command.until if command.until > work.now else None)


def mark_read(work: Work, actor: int, command: w.ChatMarkRead) -> w.MessageReading:
    chat = _own(work, actor, command.chat)
    return _read_to(work, actor, chat, work.head(chat).seq)


def read(work: Work, actor: int, command: w.MessageRead) -> w.MessageReading:
    chat = _own(work, actor, command.chat)
    return _read_to(work, actor, chat, min(command.seq, work.head(chat).seq))


def _read_to(work: Work, actor: int, chat: int, seq: int) -> w.MessageReading:
    """Move the read mark forward, never backward (E-3); a set unread flag goes with it.

    The mark is told now and written by the next flush of ``marks``: an open chat must not write for each message.
    """
    before = _view(work, actor, chat)
    moved = seq > before.read_seq
    mark = max(seq, before.read_seq)
    if moved:
        work.move_mark(actor, chat, mark)
    unread = unread_counts(work.connection, actor, [chat], work.marks_of(actor))[chat]
    if before.marked_unread:
        set_view(work, actor, chat, marked_unread=False)
        tell_view(work, actor, chat)
    if moved:
        event = w.ReadMoved(chat=wire_id(chat), read_seq=mark, unread=unread.posts, unread_mentions=unread.mentions)
        work.told.append(Hint(account_stream(actor), 0, event))
    return w.MessageReading(read_seq=mark, unread=unread.posts, unread_mentions=unread.mentions)
