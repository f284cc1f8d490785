"""Who may do what in a chat: pure decisions over values. Loads nothing, knows no clock but the ``now`` it is given."""

from __future__ import annotations

from dataclasses import dataclass

from rtserver.wire.errors import AppError
from rtserver.wire.types import PINNED_CHATS_MAX, TEXT_MAX, TITLE_MAX


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """Bounds of the chat rules; config.toml names the reason of each."""

    text_chars: int = TEXT_MAX
    title_chars: int = TITLE_MAX
    edit_ms: int = 24 * 3600 * 1000
    delete_ms: int = 24 * 3600 * 1000
    pinned_messages: int = 50
    distinct_reactions: int = 20
    members: int = 1_000
    chat_links: int = 20
    receipt_ms: int = 7 * 24 * 3600 * 1000
    account_log: int = 10_000
    read_marks_ms: int = 2_000
    message_files: int = 10
    posts_waiting: int = 50


STAFF_ROLES = frozenset({"teacher", "admin"})


def check_text(text: str, limits: ChatLimits, *, with_files: bool = False) -> None:
    """R-91: a message has 1…4,000 characters that are not only white space, and no NUL; files need no words."""
    if len(text) > limits.text_chars:
        raise AppError("message_too_long", limit=limits.text_chars)
    if "\0" in text or not (text.strip() or with_files):
        raise AppError("message_empty")


def check_title(title: str, limits: ChatLimits) -> str:
    plain = " ".join(title.replace("\0", "").split())
    if not plain:
        raise AppError("title_empty")
    if len(plain) > limits.title_chars:
        raise AppError("title_too_long", limit=limits.title_chars)
    return plain


def check_emoji(emoji: str) -> None:
    """A reaction is a pictograph: no letters, digits alone, white space or controls."""
    visible = emoji.replace("\u200d", "")  # the joiner of 👩‍🏫 is part of it
    if not visible.isprintable() or any(c.isalpha() or c.isspace() for c in emoji) or emoji.isascii():
        raise AppError("emoji_invalid")


def decide_edit(
    actor: int, author: int, posted_ms: int, *, deleted: bool, forwarded: bool, now: int, limits: ChatLimits
) -> None:
    """E-5: own, not forwarded, within 24 h."""
    if deleted:
        raise AppError("message_deleted")
    if author != actor:
        raise AppError("edit_not_own")
    if forwarded:
        raise AppError("edit_forwarded")
    if now - posted_ms > limits.edit_ms:
        raise AppError("edit_too_late")


def decide_delete_for_everyone(
    actor: int, role: str, chat_kind: str, author: int, posted_ms: int, now: int, limits: ChatLimits
) -> None:
    """D8: own within 24 h; elsewhere than in direct chats also a chat's administrator or teacher, any time."""
    if author == actor and now - posted_ms <= limits.delete_ms:
        return
    if chat_kind != "direct" and role in STAFF_ROLES:
        return
    raise AppError("delete_not_allowed")


def decide_pin_message(role: str, chat_kind: str, pin_policy: str) -> None:
    """D9: administrators and teachers of the chat may, others where the chat allows it; both in a direct chat."""
    if chat_kind == "direct" or pin_policy == "everyone" or role in STAFF_ROLES:
        return
    raise AppError("pin_not_allowed")


def decide_write(role: str, write_policy: str, slow_s: int, last_ms: int | None, now: int) -> None:
    """E-8: read-only chats and slow mode hold for members; ``last_ms`` is the member's last post there."""
    if role in STAFF_ROLES:
        return
    if write_policy == "staff":
        raise AppError("chat_read_only")
    if slow_s and last_ms is not None and now < last_ms + slow_s * 1000:
        raise AppError("slow_mode", seconds=-(-(last_ms + slow_s * 1000 - now) // 1000))


def decide_mention_all(role: str) -> None:
    """E-5: everybody is called by the chat's administrators and teachers."""
    if role not in STAFF_ROLES:
        raise AppError("mention_all_not_allowed")


def decide_manage(role: str, chat_kind: str) -> None:
    """Members and title are changed by the chat's administrators; a direct chat has nothing to manage."""
    if chat_kind == "direct":
        raise AppError("chat_kind_mismatch")
    if role != "admin":
        raise AppError("chat_admin_only")


def pin_chat(pins: list[int], chat: int) -> list[int]:
    """The pins after pinning: new ones go last; the sixth is refused (R-94)."""
    if chat in pins:
        return pins
    if len(pins) >= PINNED_CHATS_MAX:
        raise AppError("pinned_chats_limit")
    return [*pins, chat]


def order_pins(pins: list[int], wanted: list[int]) -> list[int]:
    """The pins in a new order; both must hold the same chats once each."""
    if len(wanted) != len(pins) or set(wanted) != set(pins):
        raise AppError("pin_order_mismatch")
    return wanted
