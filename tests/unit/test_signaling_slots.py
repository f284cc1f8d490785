"""Who stands in which slot: kept where it was, the teacher beside the own voice, nothing twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.slots import FIRST_VIDEOS, VIDEOS_MOST, Wanted, place

Tracks = st.lists(
    st.builds(
        Wanted,
        track=st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=3),
        name=st.sampled_from(["camera", "screen", "screen_sound"]),
        height=st.integers(0, 1080),
        leads=st.booleans(),
    ),
    max_size=60,
    unique_by=lambda one: one.track,
)


@given(Tracks, Tracks)
def test_whatever_is_wanted_stands_once_and_stays_where_it_was(before: list[Wanted], after: list[Wanted]) -> None:
    """Issue 6, slots: no renegotiation but for growth, no picture moved for another's sake."""
    first = place({}, before)
    then = place(first.slots, after)
    for placing, wanted in ((first, before), (then, after)):
        filled = [track for track in placing.slots.values() if track is not None]
        assert len(set(filled)) == len(filled)
        assert set(filled) | set(placing.left_out) == {one.track for one in wanted}
        assert FIRST_VIDEOS <= placing.videos <= VIDEOS_MOST
        names = {one.track: one.name for one in wanted}
        for mid, track in placing.slots.items():
            if track is not None and mid in first.slots and first.slots[mid] != track:
                assert (names[track] == "screen_sound") == (mid == "a0")
    for mid, track in first.slots.items():
        if track is not None and track in {one.track for one in after}:
            assert then.slots[mid] == track


def test_the_teacher_stands_beside_the_own_voice_and_a_screen_in_its_slot() -> None:
    wanted = [Wanted("m", "camera", 360, False), Wanted("t", "camera", 720, True), Wanted("s", "screen", 1080, False)]
    assert place({}, wanted).slots == {"v1": "m", "v0": "t", "s0": "s"}
