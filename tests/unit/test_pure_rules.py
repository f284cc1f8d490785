"""Pure rules, by examples and by Hypothesis."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtserver.chat.intervals import Interval, Sight
from rtserver.chat.rules import ChatLimits, check_emoji, check_text, order_pins, pin_chat
from rtserver.hub.frames import FrameReader, Opcode, build, unmask
from rtserver.hub.limits import Buckets, Rate
from rtserver.wire.errors import AppError
from storage.events import GENESIS, event_hash
from storage.ids import UNKNOWN_ID, new_id, parse_id, wire_id
from storage.search import stems

LIMITS = ChatLimits()


@given(st.lists(st.integers(1, 9), max_size=40))
def test_pins_are_at_most_five_and_never_double(chats: list[int]) -> None:
    """R-94."""
    pins: list[int] = []
    for chat in chats:
        try:
            pins = pin_chat(pins, chat)
        except AppError as refusal:
            assert refusal.code == "pinned_chats_limit"
            assert len(pins) == 5
            assert chat not in pins
    assert len(pins) == len(set(pins)) <= 5
    assert order_pins(pins, pins[::-1]) == pins[::-1]


@given(st.text(max_size=4100))
def test_texts(text: str) -> None:
    """R-91: 1…4,000 characters with something in them."""
    try:
        check_text(text, LIMITS)
    except AppError as refusal:
        expected = "message_too_long" if len(text) > 4000 else "message_empty"
        assert refusal.code == expected
        assert len(text) > 4000 or not text.strip() or "\0" in text
    else:
        assert text.strip()
        assert len(text) <= 4000


@pytest.mark.parametrize("emoji", ["👍", "❤️", "👩‍🏫", "🎉"])
def test_emoji_pass(emoji: str) -> None:
    """E-5. The joiner and the variation selector are part of an emoji."""
    check_emoji(emoji)


@pytest.mark.parametrize("word", ["a", "да", "1", " ", "👍 ", "👍а", "<b>"])
def test_words_are_no_reactions(word: str) -> None:
    with pytest.raises(AppError, match="emoji_invalid"):
        check_emoji(word)


intervals = st.lists(
    st.tuples(st.integers(1, 60), st.one_of(st.none(), st.integers(0, 30))).map(
        lambda p: Interval(p[0], None if p[1] is None else p[0] + p[1])
    ),
    max_size=5,
)


@given(intervals, st.integers(0, 80), st.integers(0, 80))
def test_ranges_hold_exactly_what_is_seen(many: list[Interval], after: int, upto: int) -> None:
    """Architecture §2: history, sync and unread take the intervals from one place."""
    sight = Sight.of(many)
    ranges = sight.ranges(after, upto)
    inside = {seq for low, high in ranges for seq in range(low, high + 1)}
    assert inside == {seq for seq in range(after + 1, upto + 1) if sight.sees(seq)}
    assert all(left[1] + 1 < right[0] for left, right in itertools.pairwise(ranges))


@given(st.integers(0, 2**31 * 1000))
def test_ids_return(now: int) -> None:
    number = new_id(1_577_836_800_000 + now % 10**12)
    assert parse_id(wire_id(number)) == number


@pytest.mark.parametrize("text", ["", "-1", "01", "1e3", "٣", "9" * 19, "abc", " 1"])
def test_what_was_never_an_id(text: str) -> None:
    assert parse_id(text) == UNKNOWN_ID


@given(st.lists(st.integers(0, 3_000), max_size=60))
def test_buckets_never_give_more_than_their_rate(steps: list[int]) -> None:
    """Limits: in any window at most burst + rate · seconds."""
    buckets = Buckets({}, Rate(2, 5))
    now, taken = 0, 0
    for step in steps:
        now += step
        wait = buckets.take("a", "post", now)
        if wait == 0:
            taken += 1
        else:
            assert buckets.take("b", "post", now) == 0 or taken >= 0
    assert taken <= 5 + 2 * now / 1000 + 1


@given(st.binary(max_size=70_000), st.binary(min_size=4, max_size=4), st.integers(1, 500))
def test_frames_survive_any_cutting(payload: bytes, mask: bytes, cut: int) -> None:
    """RFC 6455 §5: what a client sends masked, in any pieces, is what is read."""
    plain = build(Opcode.BINARY, payload)
    head = len(plain) - len(payload)
    masked = bytes([plain[0], plain[1] | 0x80]) + plain[2:head] + mask + unmask(payload, mask)
    reader = FrameReader(1 << 20)
    step = max(cut, len(masked) // 20)
    found = [f for at in range(0, len(masked), step) for f in reader.feed(masked[at : at + step])]
    assert [(f.opcode, f.payload) for f in found] == [(Opcode.BINARY, payload)]


def test_the_hash_takes_every_field() -> None:
    """Architecture §2: hash = SHA-256(previous hash and every other field)."""
    fields = [1, 2, 10, 4, 5, 6, b"f", b"c" * 32]
    seen = {event_hash(GENESIS, *fields)}
    for index, value in enumerate(fields):
        changed = list(fields)
        changed[index] = value + 1 if isinstance(value, int) else value[:-1] + b"x"
        seen.add(event_hash(GENESIS, *changed))
    seen.add(event_hash(b"\1" * 32, *fields))
    assert len(seen) == len(fields) + 2


def test_stems_meet() -> None:
    """E-6, hub.md "Search": forms of one word have one stem, ё is е."""
    assert stems("тетради") == stems("Тетрадь")
    assert stems("книги") == stems("книга")
    assert stems("Ёлки") == stems("елки")
    assert stems("books") == stems("Book")


def test_ids_of_one_millisecond_never_meet() -> None:
    """One transaction has one ``now``: a list of 5,000 pupils makes 10,000 rows in it."""
    made = [new_id(1_790_000_000_000) for _ in range(30_000)]
    assert len(set(made)) == len(made)
    assert {number >> 22 for number in made} == {1_790_000_000_000 - 1_577_836_800_000}
