"""The SFU's pure rules: continued numbers, holes, loudness, the estimator, who gets the bits."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from media.allocate import AUDIO_BPS, PAUSED, Ladder, Picture, Rank, Rung, allocate, fitting_rung
from media.cache import RING_PACKETS, Missing, Ring
from media.counting import ahead, unwrap16
from media.estimator import Acked, Estimator, Limits
from media.levels import Voices
from media.switch import AUDIO_STEP, Continuation, again

U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)


@given(st.integers(0, 2**40), st.integers(-0x7FFF, 0x7FFF))
def test_a_number_near_another_is_found_again(last: int, step: int) -> None:
    value = max(0, last + step)
    assert unwrap16(value & 0xFFFF, last) == value
    assert ahead(value & 0xFFFF, last & 0xFFFF, 16) == value - last


Segment = st.tuples(U16, U32, st.integers(0, 0x7FFF), st.integers(0, 255), st.integers(1, 40))
Segments = st.lists(Segment, min_size=1, max_size=12)


@given(Segments, U16, U32, st.booleans())
def test_whatever_is_put_in_one_stream_comes_out(
    segments: list[tuple[int, int, int, int, int]], seq: int, timestamp: int, audio: bool
) -> None:
    """Sequence, picture id and TL0PICIDX step by one over every change; time goes on by whole audio packets."""
    out: Continuation[int] = Continuation(seq, timestamp, audio=audio)
    now_s, last, step = 5.0, None, AUDIO_STEP if audio else 3000
    for source, (in_seq, stamp, picture, tl0, count) in enumerate(segments):
        now_s += 0.02 * (1 + source % 3)
        out.begin(source, in_seq, stamp, picture, tl0, now_s)
        for n in range(count):
            numbers = out.continued(
                in_seq + n, (stamp + step * n) & 0xFFFFFFFF, (picture + n) & 0x7FFF, (tl0 + n) & 0xFF, now_s
            )
            assert numbers is not None
            if last is not None:
                assert ahead(numbers.seq, last.seq, 16) == 1
                assert ahead(numbers.picture, last.picture, 15) == 1
                assert ahead(numbers.tl0, last.tl0, 8) == 1
                forward = ahead(numbers.timestamp, last.timestamp, 32)
                assert forward > 0
                assert not audio or forward % AUDIO_STEP == 0
            last = numbers
            now_s += 0.02


@given(Segments, st.randoms(use_true_random=False))
def test_a_number_asked_for_leads_back_to_its_packet(
    segments: list[tuple[int, int, int, int, int]], chance: random.Random
) -> None:
    """A NACK finds source and in number, and the packet leaves with the very numbers of the first time."""
    out: Continuation[int] = Continuation(7, 9)
    left = []
    for source, (seq, stamp, picture, tl0, count) in enumerate(segments):
        out.begin(source, seq, stamp, picture, tl0, 1.0 + source)
        order = list(range(count))
        rest = order[1:]
        chance.shuffle(rest)
        for n in [0, *rest]:
            numbers = out.continued(seq + n, stamp, picture, tl0, 1.0 + source)
            assert numbers is not None
            left.append((numbers, source, seq + n, (stamp, picture, tl0)))
        assert out.continued(seq - 1, stamp, picture, tl0, 1.0 + source) is None
    for numbers, source, in_seq, (stamp, picture, tl0) in left:
        found = out.find(numbers.seq)
        assert found is not None
        segment, at = found
        assert (segment.source, at) == (source, in_seq)
        assert again(segment, at, stamp, picture, tl0) == numbers
    assert out.find((out.seq + 1) & 0xFFFF) is None


@given(st.sets(st.integers(0, 200), min_size=1), st.randoms(use_true_random=False))
def test_every_hole_is_asked_for_and_none_but_holes(lost: set[int], chance: random.Random) -> None:
    """Packets overtake each other by a few places; in the end exactly what never came is missing."""
    missing = Missing()
    sent = [n for n in range(202) if n not in lost - {0} and n != 0] + [202]
    order = sorted(sent, key=lambda n: n + chance.randrange(4))
    missing.heard(0, 0.0)
    for n in order:
        missing.heard(n, n * 0.001)
    expected = [n for n in range(1, 202) if n not in sent]
    assert missing.due(1.0 - 0.5, 0.05) == expected
    assert missing.due(0.501, 0.05) == []
    for n in expected:
        missing.heard(n, 0.51)
    assert len(missing) == 0
    assert missing.due(9.0, 0.05) == []


def test_a_packet_is_given_up_after_a_second() -> None:
    missing = Missing()
    missing.heard(1, 0.0)
    missing.heard(3, 0.0)
    assert missing.due(0.0, 0.05) == [2]
    assert missing.due(2.0, 0.05) == []
    assert (len(missing), missing.lost) == (0, 1)


@given(st.lists(st.integers(0, 5000), max_size=300))
def test_a_ring_gives_what_it_holds_and_nothing_else(seqs: list[int]) -> None:
    ring: Ring[int] = Ring()
    held: dict[int, int] = {}
    for seq in seqs:
        ring.put(seq, seq)
        held[seq % RING_PACKETS] = seq
    for seq in range(5001):
        assert ring.get(seq) == (seq if held.get(seq % RING_PACKETS) == seq else None)


def test_the_three_loudest_and_the_teacher_are_heard() -> None:
    """R-102, media: somebody clearly louder takes the place of the quietest; the teacher is always there."""
    voices: Voices[str] = Voices(3)
    voices.always = {"teacher"}
    for n in range(100):
        now_s = n * 0.02
        voices.voice("teacher").hear(127, now_s)
        for name, level in (("a", 50), ("b", 45), ("c", 40), ("d", 44)):
            voices.voice(name).hear(level, now_s)
    heard = voices.choose(2.0)
    assert heard[0] == "teacher"
    assert len(heard) == 4
    for n in range(50):
        voices.voice("e").hear(10, 2.0 + n * 0.02)
        for name, level in (("a", 50), ("b", 45), ("c", 40), ("d", 44)):
            voices.voice(name).hear(level, 2.0 + n * 0.02)
    assert "e" in voices.choose(3.0)
    assert voices.choose(30.0) == ["teacher"]
    assert voices.speaking(3.0)[0] == "e"


def line(capacity_bps: float, loss: float, seconds: float, limits: Limits, chance: random.Random) -> Estimator:
    """A sender that fills its estimate through a line with a queue, told each 60 ms."""
    estimator, now_s, free_s = Estimator(limits), 100.0, 0.0
    waiting: list[Acked] = []
    told_s, end_s = now_s, now_s + seconds
    while now_s < end_s:
        size = 1200
        free_s = max(free_s, now_s) + size * 8 / capacity_bps
        gone = chance.random() < loss or free_s - now_s > 0.5
        if gone:
            free_s -= size * 8 / capacity_bps
        waiting.append(Acked(now_s, None if gone else free_s + 0.02, size))
        now_s += size * 8 / estimator.rate_bps
        if now_s - told_s > 0.06:
            told_s = now_s
            estimator.feed([one for one in waiting if one.arrival_s is None or one.arrival_s < now_s], now_s)
            waiting = [one for one in waiting if one.arrival_s is not None and one.arrival_s >= now_s]
    return estimator


@settings(max_examples=20, deadline=None)
@given(st.floats(300_000, 5_000_000), st.integers())
def test_the_estimate_finds_the_line(capacity_bps: float, seed: int) -> None:
    """Issue 6, rate: from a start far above or below, the estimate comes to the line's own rate."""
    estimator = line(capacity_bps, 0.0, 30.0, Limits(start_bps=1_500_000), random.Random(seed))
    assert 0.5 * capacity_bps < estimator.rate_bps < 1.3 * capacity_bps


def test_five_percent_of_loss_alone_do_not_slow_down() -> None:
    estimator = line(8_000_000, 0.05, 10.0, Limits(start_bps=2_000_000), random.Random(1))
    assert estimator.rate_bps > 2_000_000


Rates = st.lists(st.integers(30_000, 600_000), min_size=1, max_size=3)
Pictures = st.lists(st.tuples(st.sampled_from(Rank), Rates, st.integers(-1, 2)), max_size=17)


@given(st.floats(0, 20_000_000), st.integers(0, 4), Pictures, st.sampled_from(Rung))
def test_bits_are_given_by_rank_and_never_more_than_there_are(
    rate: float, voices: int, rows: list[tuple[Rank, list[int], int]], rung: Rung
) -> None:
    pictures = [Picture(n, rank, sorted(rates), present) for n, (rank, rates, present) in enumerate(rows)]
    chosen = allocate(rate, voices, pictures, rung)
    spent = sum(p.layers_bps[chosen[p.key]] for p in pictures if chosen[p.key] != PAUSED)
    assert spent <= max(0, rate - voices * AUDIO_BPS)
    shown = sum(index != PAUSED for index in chosen.values())
    assert shown <= {Rung.AUDIO: 0, Rung.ONE: 1, Rung.FEW: 4}.get(rung, 17)
    for picture in pictures:
        if chosen[picture.key] > 0:  # nobody has a better layer while a higher rank lacks its first for want of bits
            assert not [
                other for other in pictures
                if other.rank < picture.rank and chosen[other.key] == PAUSED
                and other.layers_bps[0] <= picture.layers_bps[0]
            ]  # fmt: skip


def test_the_ladder_goes_down_after_three_seconds_and_up_after_ten() -> None:
    """Experience 4.9: down after 3 s of trouble, up after 10 s of calm; it never blinks."""
    pictures = [Picture(n, Rank.GRID, [100_000, 300_000, 900_000]) for n in range(9)]
    assert fitting_rung(20_000_000, 2, pictures) == Rung.FULL
    assert fitting_rung(2_000_000, 2, pictures) == Rung.LOWER
    assert fitting_rung(600_000, 2, pictures) == Rung.FEW
    assert fitting_rung(300_000, 2, pictures) == Rung.ONE
    assert fitting_rung(100_000, 2, pictures) == Rung.AUDIO
    ladder = Ladder()
    assert ladder.step(Rung.LOWER, 0.0)
    assert not ladder.step(Rung.ONE, 1.0)
    assert not ladder.step(Rung.ONE, 3.9)
    assert ladder.step(Rung.ONE, 4.0)
    assert not ladder.step(Rung.FULL, 5.0)
    assert not ladder.step(Rung.ONE, 9.0)
    assert not ladder.step(Rung.FULL, 10.0)
    assert not ladder.step(Rung.FULL, 19.9)
    assert ladder.step(Rung.FULL, 20.0)
    assert ladder.rung == Rung.FULL
