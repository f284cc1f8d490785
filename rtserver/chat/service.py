"""Every changing command of chats: load, decide and commit inside the writer's transaction, publish, acknowledge.

Reads nothing for clients (that is ``reading``) and holds no state of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from rtserver.actor import Actor, Handler
from rtserver.bus.base import Bus, Hint, chat_stream
from rtserver.school.relations import may_write
from rtserver.wire import chat as w
from rtserver.wire.drafts import DraftSave
from rtserver.wire.errors import AppError
from rtserver.wire.links import ChatJoin, ChatLinkCreate, ChatLinkRevoke
from rtserver.wire.presence import ReadMark, ReadsMoved
from rtserver.wire.registry import COMMAND_NAMES, COMMANDS
from rtserver.wire.reports import MessageReport, ReportDecide
from storage import tables as t
from storage.db import Database
from storage.events import EVERYBODY
from storage.ids import parse_id, wire_id
from storage.writer import Outcome, Writer

from . import drafts, links, members, messages, reports, views
from .marks import Mark, ReadMarks, save_marks
from .posting import Post, request_hash, run_posts
from .presence import SMALL_CHAT
from .rules import ChatLimits
from .work import Work

log = logging.getLogger(__name__)

Decide = Callable[[Work, int, Any], w.Result]

CHANGES: dict[type[w.Command], Decide] = {
    w.ChatCreate: members.create,
    w.ChatUpdate: members.update_chat,
    w.ChatLeave: members.leave,
    w.MemberAdd: members.add,
    w.MemberRemove: members.remove,
    w.MemberRole: members.change_role,
    w.ChatPin: views.pin,
    w.ChatUnpin: views.unpin,
    w.ChatPinOrder: views.order,
    w.ChatArchive: views.archive,
    w.ChatUnarchive: views.unarchive,
    w.ChatMarkUnread: views.mark_unread,
    w.ChatMarkRead: views.mark_read,
    w.ChatMute: views.mute,
    w.MessageEdit: messages.edit,
    w.MessageDelete: messages.delete_messages,
    w.MessageForward: messages.forward,
    w.MessagePin: messages.pin,
    w.MessageUnpin: messages.unpin,
    w.MessageStar: messages.star,
    w.MessageUnstar: messages.unstar,
    w.MessageReact: messages.react,
    w.MessageRead: views.read,
    DraftSave: drafts.save_draft,
    ChatLinkCreate: links.create_link,
    ChatLinkRevoke: links.revoke_link,
    ChatJoin: links.join,
    MessageReport: reports.report_message,
    ReportDecide: reports.decide_report,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One command of one account, to be decided in the writer's transaction."""

    actor: int
    command: w.Command


@dataclass(frozen=True, slots=True)
class Task:
    """Work of the house itself (demo, lists, classes): decided by ``run`` with no account asking."""

    run: Callable[[Work], Any]


Job = Post | Change | Task


class ChatService:
    """Owns the writer. ``handlers`` is what the hub binds to the names of the commands."""

    def __init__(
        self, database: Database, bus: Bus, clock: Callable[[], int], limits: ChatLimits | None = None
    ) -> None:
        self._clock = clock
        self._limits = limits or ChatLimits()
        self._bus = bus
        self.marks = ReadMarks()
        self.writer: Writer[Job, Hint] = Writer(database, self._run_batch, self._publish)
        self._flushing: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.writer.start()
        self._flushing = asyncio.get_running_loop().create_task(self._flush_marks(), name="read-marks")

    async def close(self) -> None:
        """Write the read marks that wait, commit what is queued, stop."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
            await self.write_marks()
        await self.writer.close()

    async def write_marks(self) -> None:
        """Make the held read marks durable."""
        held = self.marks.held()
        if held:
            small = await self.run(lambda work: _save_marks(work, held))
            self.marks.written(held)
            self._bus.publish(_reads_told(held, small))

    async def _flush_marks(self) -> None:
        while True:
            await asyncio.sleep(self._limits.read_marks_ms / 1000)
            try:
                await self.write_marks()
            except Exception:  # a database that is away now gets them at the next turn
                log.exception("read marks could not be written")

    def _publish(self, hints: Sequence[Hint]) -> None:
        """A batch is committed: hold its read marks before anybody hears of them."""
        self.marks.hear(hints)
        self._bus.publish(hints)

    def handlers(self) -> dict[type[w.Command], Handler]:
        async def change(actor: Actor, command: w.Command) -> w.Result:
            result: w.Result = await self.writer.submit(Change(actor.account, command))
            return result

        return {**dict.fromkeys(CHANGES, change), w.MessagePost: self._post}

    async def _post(self, actor: Actor, command: w.MessagePost) -> w.MessagePosting:
        mentions = sorted({parse_id(one) for one in command.mentions} - {EVERYBODY})
        if command.mentions_all:
            mentions.insert(0, EVERYBODY)
        post = Post(
            parse_id(command.chat),
            actor.account,
            command.nonce,
            command.text,
            command.reply_to,
            files=tuple(map(parse_id, command.files)),
            mentions=tuple(mentions),
        )
        result: w.MessagePosting = await self.writer.submit(post)
        return result

    async def post(self, post: Post) -> w.MessagePosting:
        """Post for the house itself (demo, imports), by the same rules."""
        result: w.MessagePosting = await self.writer.submit(post)
        return result

    async def run(self, task: Callable[[Work], Any]) -> Any:
        """Run the house's own work in the writer's transaction."""
        return await self.writer.submit(Task(task))

    def _run_batch(self, connection: Connection, jobs: Sequence[Job]) -> tuple[list[Outcome], list[Hint]]:
        """Posts first, together; then the others in order, each in a savepoint of its own."""
        work = Work(connection, self._clock(), self._limits, self.marks)
        work.lock({chat for job in jobs for chat in _chats(job)})
        outcomes: dict[int, Outcome] = {}
        posts = [(index, job) for index, job in enumerate(jobs) if isinstance(job, Post)]
        if posts:
            for (index, _), outcome in zip(posts, run_posts(work, [post for _, post in posts], may_write), strict=True):
                outcomes[index] = outcome
            work.flush()
        for index, job in enumerate(jobs):
            if not isinstance(job, Post):
                outcomes[index] = self._run_one(work, job)
        return [outcomes[index] for index in range(len(jobs))], work.told

    def _run_one(self, work: Work, job: Change | Task) -> Outcome:
        mark = work.mark()
        savepoint = work.connection.begin_nested()
        try:
            result = job.run(work) if isinstance(job, Task) else _change(work, job)
            work.flush()
        except AppError as refusal:
            savepoint.rollback()
            work.restore(mark)
            return Outcome(None, refusal)
        savepoint.commit()
        return Outcome(result)


def _save_marks(work: Work, held: Sequence[Mark]) -> set[int]:
    """Write them; the chats that are small enough to hear of it."""
    chats = {chat for _, chat, _ in held}
    work.lock(chats)  # the order of locks: chats first
    save_marks(work.connection, held)
    return {chat for chat in chats if work.head(chat).members_count <= SMALL_CHAT}


def _reads_told(held: Sequence[Mark], small: Collection[int]) -> list[Hint]:
    """One event for each small chat (E-4): so often as marks are written, and no oftener."""
    moved: dict[int, list[ReadMark]] = {}
    for account, chat, seq in held:
        if chat in small:
            moved.setdefault(chat, []).append(ReadMark(account=wire_id(account), read_seq=seq))
    return [Hint(chat_stream(chat), 0, ReadsMoved(chat=wire_id(chat), reads=reads)) for chat, reads in moved.items()]


def _chats(job: Job) -> list[int]:
    """Chats a job will lock, so that a batch locks all of them in one order."""
    if isinstance(job, Post):
        return [job.chat]
    if isinstance(job, Task):
        return []
    chats = [getattr(job.command, "chat", None), *getattr(job.command, "to", ())]
    return [number for number in (parse_id(c) for c in chats if isinstance(c, str)) if number > 0]


def _change(work: Work, job: Change) -> w.Result:
    """Decide a command, once for each nonce (E-1)."""
    command = job.command
    decide = CHANGES[type(command)]
    nonce = getattr(command, "nonce", None)
    if nonce is None:
        return decide(work, job.actor, command)
    name = COMMAND_NAMES[type(command)]
    request = request_hash(name, msgspec.msgpack.encode(command))
    c = t.command_receipt.c
    receipt = work.connection.execute(
        select(t.command_receipt).where(c.account_id == job.actor, c.nonce == nonce)
    ).first()
    if receipt is not None and receipt.expires_ms > work.now:
        if receipt.request_hash != request:
            raise AppError("nonce_reused")
        earlier: w.Result = msgspec.msgpack.decode(receipt.result, type=COMMANDS[name].result)
        return earlier
    work.connection.execute(
        delete(t.command_receipt).where((c.expires_ms <= work.now) | ((c.account_id == job.actor) & (c.nonce == nonce)))
    )
    result = decide(work, job.actor, command)
    work.connection.execute(
        insert(t.command_receipt).values(
            account_id=job.actor,
            nonce=nonce,
            command=name,
            request_hash=request,
            result=msgspec.msgpack.encode(result),
            expires_ms=work.now + work.limits.receipt_ms,
        )
    )
    return result
