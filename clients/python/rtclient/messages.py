"""One message and its later events: edit, delete, reactions. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from rtserver.wire import chat as w
from rtserver.wire.types import Message, Reaction


def posted(event: w.MessagePosted) -> Message:
    """The message as its first event tells it."""
    return Message(
        seq=event.seq,
        author=event.actor or "",
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


def changed(message: Message, event: w.ChatEvent) -> Message:
    """The message after an event that targets it; other kinds change nothing."""
    match event:
        case w.MessageEdited():
            return replace(message, text=event.text, edited_ts=event.ts)
        case w.MessageDeleted():
            return replace(
                message,
                text="",
                deleted=True,
                edited_ts=None,
                forwarded=None,
                reactions=[],
                starred=False,
                mentions=[],
                mentions_all=False,
                files=[],
            )
        case w.ReactionAdded():
            return replace(message, reactions=_with(message.reactions, event.emoji, event.actor or ""))
        case w.ReactionRemoved():
            return replace(message, reactions=_less(message.reactions, event.emoji, event.actor or ""))
    return message


def _with(reactions: list[Reaction], emoji: str, who: str) -> list[Reaction]:
    if not any(one.emoji == emoji for one in reactions):
        return [*reactions, Reaction(emoji=emoji, accounts=[who])]
    return [
        replace(one, accounts=[*one.accounts, who]) if one.emoji == emoji and who not in one.accounts else one
        for one in reactions
    ]


def _less(reactions: list[Reaction], emoji: str, who: str) -> list[Reaction]:
    left = [
        replace(one, accounts=[a for a in one.accounts if a != who]) if one.emoji == emoji else one for one in reactions
    ]
    return [one for one in left if one.accounts]
