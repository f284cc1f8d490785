"""The wheel, the tick's batches and the reader's idleness: the pure parts below every delivery."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtserver.hub.frames import FrameReader, Opcode
from rtserver.hub.tick import Batch
from rtserver.hub.wheel import Wheel


def test_a_wheel_gives_what_is_due_once() -> None:
    wheel: Wheel[str] = Wheel(0.25)
    wheel.add(10.0, "a")
    wheel.add(10.6, "b")
    wheel.add(99.0, "c")
    assert wheel.turn(9.9) == []
    assert wheel.turn(10.1) == ["a"]
    assert wheel.turn(10.1) == []
    wheel.add(1.0, "late")
    assert wheel.turn(10.4) == ["late"], "what is past comes with the next turn"
    assert wheel.turn(50.0) == ["b"]
    assert len(wheel) == 1
    with pytest.raises(ValueError, match="step_s"):
        Wheel(0)


@given(st.lists(st.tuples(st.floats(0, 100), st.integers()), max_size=40), st.lists(st.floats(0, 120), max_size=20))
def test_a_wheel_loses_nothing_and_is_early_by_a_step_at_most(
    items: list[tuple[float, int]], moments: list[float]
) -> None:
    wheel: Wheel[tuple[float, int]] = Wheel(0.5)
    for due, item in items:
        wheel.add(due, (due, item))
    seen = []
    for now in [*sorted(moments), 1000.0]:
        for due, item in wheel.turn(now):
            assert due <= now + 0.5
            seen.append((due, item))
    assert sorted(seen) == sorted(items)


@given(st.lists(st.binary(min_size=1, max_size=5), min_size=1, max_size=20))
def test_the_same_frames_are_one_batch(frames: list[bytes]) -> None:
    """House rule 15: two sockets that are sent the same in a tick share the joined bytes."""
    root = Batch(None, b"")
    one = other = root
    for frame in frames:
        one, other = one.then(frame), other.then(bytes(frame))
    assert one is other
    assert one.data == b"".join(frames)
    assert one.data is other.data
    assert one.then(b"x") is not root.then(b"x")


def test_a_reader_is_idle_between_messages_only() -> None:
    """A shared reader may never hold another connection's bytes."""
    reader = FrameReader(100)
    whole = bytes([0x80 | Opcode.TEXT, 0x82]) + b"\0\0\0\0hi"
    reader.feed(whole)
    assert reader.idle
    reader.feed(whole[:3])
    assert not reader.idle
    reader.feed(whole[3:])
    assert reader.idle
    reader.feed(bytes([Opcode.TEXT, 0x82]) + b"\0\0\0\0hi")  # first part of two
    assert not reader.idle
