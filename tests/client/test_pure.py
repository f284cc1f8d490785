"""The client's decisions: cursors, outbox, back-off, packets. Hypothesis plays the network."""

from __future__ import annotations

import random
from contextlib import suppress
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rtclient.backoff import Backoff
from rtclient.cursors import Cursors, Marks, Verdict
from rtclient.errors import OutboxFull, Overrun
from rtclient.events import event_of, is_known, result_of
from rtclient.outbox import Entry, Outbox
from rtclient.packets import EVENT, Open, Packet, connect, decode, event
from rtclient.readers import Reader

from rtserver.wire import chat as w
from rtserver.wire.auth import Handshake
from rtserver.wire.sync import Cursor, Sync, Synced


def posted(chat: str, seq: int) -> w.MessagePosted:
    return w.MessagePosted(chat=chat, seq=seq, ts=1, actor="2", text="т", nonce="nonce-01", post_no=seq)


@given(st.lists(st.integers(1, 12), max_size=60), st.integers(0, 5))
def test_cursors_pass_each_number_once_and_in_order(heard: list[int], start: int) -> None:
    """E-2: whatever is lost, doubled or reordered on the way, what passes is start+1, start+2, …"""
    cursors = Cursors(Marks("e", 0, {"1": start}))
    passed = [seq for seq in heard if cursors.take(posted("1", seq)) is Verdict.NEXT]
    assert passed == list(range(start + 1, start + 1 + len(passed)))
    assert cursors.chats["1"] == start + len(passed)
    for seq in range(1, 15):
        wanted = (
            Verdict.DOUBLE
            if seq <= start + len(passed)
            else Verdict.NEXT
            if seq == start + len(passed) + 1
            else Verdict.GAP
        )
        fresh = Cursors(cursors.marks())
        assert fresh.take(posted("1", seq)) is wanted


def test_a_left_chat_tells_nothing_twice() -> None:
    """E-2: events of a chat that was left are doubles still; after coming back the new ones are not."""
    cursors = Cursors(Marks("e", 0, {"1": 7}))
    cursors.leave("1")
    assert cursors.take(posted("1", 7)) is Verdict.DOUBLE
    cursors.leave("1")
    cursors = Cursors(Marks("e", 0, {"1": 7}))
    cursors.leave("1")
    assert cursors.take(posted("1", 12)) is Verdict.NEXT
    assert cursors.take(posted("1", 13)) is Verdict.NEXT
    assert cursors.sync() == Sync(epoch="e", account_seq=0, chats=[Cursor(chat="1", seq=13)])


@given(st.data())
def test_the_outbox_delivers_each_once_in_order(data: st.DataObject) -> None:
    """E-1: over a link that loses requests and answers, a server that knows nonces ends up with each command once,
    the changes of one chat in the order they were given.
    """
    count = data.draw(st.integers(1, 12))
    lanes = data.draw(st.lists(st.sampled_from(["a", "b", None]), min_size=count, max_size=count))
    outbox = Outbox(most=count)
    for number, lane in enumerate(lanes):
        outbox.add(Entry(number, "message.post", {}, lane))
    with pytest.raises(OutboxFull):
        outbox.add(Entry(count, "message.post", {}, None))
    server: list[int] = []
    now = 0.0
    for _ in range(40 * count):
        if not len(outbox):
            break
        now += 1
        ready = outbox.ready(now)
        in_flight = [entry.lane for entry in outbox if entry.sent_at is not None and entry.lane]
        assert not {entry.lane for entry in ready} & set(in_flight), "a lane overtakes itself"
        for entry in ready:
            entry.sent_at = now
            fate = data.draw(st.sampled_from(["ok", "ok", "request lost", "answer lost", "later"]))
            if fate == "later":
                outbox.again(entry.number, now + 2)
                continue
            if fate != "request lost" and entry.number not in server:
                server.append(entry.number)
            if fate == "ok":
                outbox.done(entry.number)
        if data.draw(st.booleans()):
            outbox.lost()
    for entry in outbox:  # a kind network at last
        outbox.lost()
        if entry.number not in server:
            server.append(entry.number)
        outbox.done(entry.number)
    assert sorted(server) == list(range(count))
    for lane in ("a", "b"):
        mine = [number for number in server if lanes[number] == lane]
        assert all(one < other for one, other in pairwise(mine))


@given(st.integers(0, 100), st.integers())
def test_backoff_is_bounded_and_spread(attempt: int, seed: int) -> None:
    """Never at once, never beyond the bound, and not the same for all."""
    backoff = Backoff(first_s=0.5, most_s=30)
    assert 0.05 <= backoff.wait_s(attempt, random.Random(seed)) <= min(30, 0.5 * 2 ** min(attempt, 10))
    assert len({backoff.wait_s(3, random.Random(one)) for one in range(20)}) > 15


def test_packets_are_these_bytes() -> None:
    """socket.io-msgpack-parser 3, literally."""
    assert event("a", {"b": 1}, 7) == b"\x84\xa4type\x02\xa4data\x92\xa1a\x81\xa1b\x01\xa3nsp\xa1/\xa2id\x07"
    assert decode(b"\x83\xa4type\x02\xa4data\x91\xa1a\xa3nsp\xa1/") == Packet(EVENT, ["a"])
    assert msgspec.msgpack.decode(connect(Handshake(token="t")))["data"] == {"token": "t", "wire_version": 1}
    assert Open(25_000, 20_000).silence_s == 45
    with pytest.raises(msgspec.MsgspecError):
        decode(b"\xc1")


@given(st.binary(max_size=40))
def test_strange_bytes_are_refused_in_one_way(data: bytes) -> None:
    with suppress(msgspec.MsgspecError):
        decode(data)


def test_kinds_of_a_newer_server_only_count() -> None:
    """Protocol: ignore what you do not know; its place in the log still counts, or every such event were a gap."""
    newer = {"kind": "poll.opened", "chat": "1", "seq": 8, "ts": 1, "actor": None, "question": "?"}
    found = event_of(newer)
    assert isinstance(found, w.ChatEvent)
    assert not is_known(found)
    assert Cursors(Marks("e", 0, {"1": 7})).take(found) is Verdict.NEXT
    mine = event_of({"kind": "badge.won", "seq": 3, "ts": 1})
    assert isinstance(mine, w.AccountEvent)
    assert event_of({"kind": "weather", "sun": True}) is None
    assert event_of("text") is None
    answer = {
        "ok": True, "epoch": "e", "reset": False, "account_seq": 0, "account_events": [], "reads": [], "server_ts": 1,
        "chats": [{"chat": "1", "head": 9, "reset": False, "events": [newer, msgspec.to_builtins(posted("1", 9))]}],
    }  # fmt: skip
    synced = result_of(Sync, answer)
    assert isinstance(synced, Synced)
    assert [one.seq for one in synced.chats[0].events] == [8, 9]


async def test_a_slow_reader_is_told_that_it_missed_something() -> None:
    """Bounded queues: the events that fit come first, then Overrun, never a silent hole."""
    taken: list[object] = []
    reader = Reader(2, taken.append)
    assert [reader.put(posted("1", seq)) for seq in (1, 2, 3)] == [True, True, False]
    assert [(await anext(reader)).seq, (await anext(reader)).seq] == [1, 2]  # type: ignore[union-attr] # both are posts
    with pytest.raises(Overrun):
        await anext(reader)
    assert [one.seq for one in taken] == [1, 2]  # type: ignore[attr-defined] # as above
