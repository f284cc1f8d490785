"""Resume as a whole, with Hypothesis as the network: hints lost, doubled and late, connections cut, answers slow."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rtclient.cursors import Cursors
from rtclient.events import Reloaded
from rtclient.messages import posted
from rtclient.state import State
from rtclient.upkeep import Upkeep

from rtserver.wire import chat as w
from rtserver.wire.sync import ChatDelta, ReadState, Sync, Synced
from rtserver.wire.types import ChatState, ChatView

ME, OTHER = "1", "2"
CHATS = ("10", "20")


class Logs:
    """What a server holds: a log for each chat and the account's own; answers from a snapshot, as the real one does."""

    def __init__(self, keep: int) -> None:
        self.chats: dict[str, list[w.MessagePosted]] = {chat: [] for chat in CHATS}
        self.own: list[w.MessageWasStarred] = []
        self.epoch = "e0"
        self.keep = keep
        """A cursor further behind gets a reset, as ``SyncLimits.chat_events`` does."""

    def post(self, chat: str) -> w.MessagePosted:
        seq = len(self.chats[chat]) + 1
        actor = ME if seq % 3 == 0 else OTHER
        event = w.MessagePosted(chat=chat, seq=seq, ts=seq, actor=actor, text=str(seq), nonce=str(seq), post_no=seq)
        self.chats[chat].append(event)
        return event

    def star(self, chat: str) -> w.MessageWasStarred:
        event = w.MessageWasStarred(seq=len(self.own) + 1, ts=1, chat=chat, target=10**6)
        self.own.append(event)
        return event

    def restore(self) -> None:
        """An old back-up takes the place of everything."""
        self.epoch += "'"
        self.chats = {chat: log[: len(log) // 2] for chat, log in self.chats.items()}
        self.own = self.own[: len(self.own) // 2]

    def state(self, chat: str) -> ChatState:
        log = self.chats[chat]
        return ChatState(
            id=chat, kind="group", title="Г", head=len(log), head_post_no=len(log), members_count=2, my_role="member",
            pin_policy="staff", view=ChatView(), unread=sum(event.actor != ME for event in log), pinned_messages=[],
            last_message=posted(log[-1]) if log else None, last_ts=len(log),
        )  # fmt: skip

    def answer(self, command: w.Command) -> Any:
        if isinstance(command, w.ChatList):
            states = [self.state(chat) for chat in CHATS]
            return w.ChatListed(chats=states, pins=[], people=[], account_seq=len(self.own), epoch=self.epoch)
        if isinstance(command, w.ChatGet):
            return w.ChatGot(chat=self.state(command.chat), people=[])
        assert isinstance(command, Sync)
        cursors = {cursor.chat: cursor.seq for cursor in command.chats}
        deltas = []
        for chat, log in self.chats.items():
            cursor = cursors.get(chat)
            reset = cursor is None or len(log) - cursor > self.keep
            if cursor != len(log):
                events: Any = [] if reset else log[cursor:]
                deltas.append(ChatDelta(chat=chat, head=len(log), reset=reset, events=events))
        reads = [ReadState(chat=chat, read_seq=0, unread=self.state(chat).unread) for chat in CHATS]
        return Synced(
            epoch=self.epoch, reset=command.epoch != self.epoch, account_seq=len(self.own),
            account_events=list(self.own[command.account_seq :]),
            chats=deltas, reads=reads, server_ts=1,
        )  # fmt: skip


STEP = st.tuples(
    st.sampled_from(["post", "post", "post", "star", "cut", "rest", "restore"]),
    st.sampled_from(CHATS),
    st.sampled_from(["told", "told", "lost", "doubled", "late"]),
    st.integers(0, 3),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=60), st.integers(2, 30), st.integers(0, 3))
def test_everything_is_told_once_in_order(steps: list[tuple[str, str, str, int]], keep: int, slow: int) -> None:
    """E-1, E-2: of each log the client tells a gap-free sequence, or says Reloaded where the server gave up; once
    the network is kind again, its state is the server's.
    """
    asyncio.run(_play(steps, keep, slow))


async def _play(steps: list[tuple[str, str, str, int]], keep: int, slow: int) -> None:
    logs = Logs(keep)
    told: list[Any] = []
    state, cursors = State(), Cursors()
    upkeep = Upkeep(state, cursors, told.append)
    late: list[Any] = []

    async def ask(command: w.Command) -> Any:
        answer = logs.answer(command)
        for _ in range(slow):  # events go on while the answer travels
            await asyncio.sleep(0)
        return answer

    async def cut(task: asyncio.Task[None] | None) -> asyncio.Task[None]:
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        late.clear()  # what was under way on the old connection
        upkeep.connected(ME)
        return asyncio.create_task(upkeep.run(ask))

    task = await cut(None)
    for what, chat, fate, rest in steps:
        if what in ("cut", "restore"):
            if what == "restore":
                logs.restore()
            task = await cut(task)
        elif what != "rest":
            event = logs.post(chat) if what == "post" else logs.star(chat)
            if fate == "late":
                late.append(event)
            elif fate != "lost":
                for _ in range(2 if fate == "doubled" else 1):
                    upkeep.hear(event)
                while late:
                    upkeep.hear(late.pop())
        for _ in range(rest):
            await asyncio.sleep(0)
    task = await cut(task)
    async with asyncio.timeout(5):
        await upkeep.current.wait()
    assert state.chats == {chat: logs.state(chat) for chat in CHATS}
    assert cursors.chats == {chat: len(log) for chat, log in logs.chats.items()}
    assert cursors.account_seq == len(logs.own)
    _check(told)
    for event in (logs.post("10"), logs.post("20"), logs.star("10")):  # and it goes on
        upkeep.hear(event)
        assert told[-1] is event
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _check(told: list[Any]) -> None:
    assert not told or isinstance(told[0], Reloaded), "the first word says where everything begins"
    next_seq: dict[str, int] = {}
    for event in told:
        if isinstance(event, Reloaded):
            for chat in event.chats or event.marks.chats:
                next_seq[chat] = event.marks.chats[chat] + 1
            if event.chats is None:
                next_seq["own"] = event.marks.account_seq + 1
            continue
        log = getattr(event, "chat", "") if isinstance(event, w.ChatEvent) else "own"
        assert event.seq == next_seq[log], (event, next_seq)
        next_seq[log] += 1
