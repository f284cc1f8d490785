"""One Engine.IO 4 session over a websocket link, over polling, or moving from the second to the first.

It holds what polling or an unfinished message needs only while they need it. It parses no Socket.IO and no HTTP.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from .encoding import Encoded
from .frames import FrameError, Opcode, build, text_of
from .link import Link

POLL_QUEUE_MAX = 512
"""Packets that wait for a polling client's next request; more, and it is cut and resumes by its cursors."""
UPGRADE_S = 10.0
"""A websocket that probes has this long to finish the upgrade (Node's ``upgradeTimeout``)."""
IN_HAND_MAX = 64
"""Messages of one connection being worked on; at this many its socket is not read until one is done."""
SEPARATOR = "\x1e"
PING_FRAME = build(Opcode.TEXT, b"2")
_PONG_PROBE = build(Opcode.TEXT, b"3probe")


class Engine(Protocol):
    """What a session needs of the server that made it."""

    msgpack: bool

    def take(self, session: Session, data: str | bytes) -> Any:
        """Work on a message; a coroutine that never raises, and tells by False that the peer broke the protocol."""

    def own(self, work: Any) -> asyncio.Task[Any]:
        """Run it as a task that the engine holds."""

    def gone(self, session: Session, reason: str) -> None:
        """The session is over; called once."""


class Poll:
    """What only a polling session has."""

    __slots__ = ("packets", "probe", "waiter")

    def __init__(self) -> None:
        self.packets: deque[str] = deque()
        self.waiter: asyncio.Future[None] | None = None
        self.probe: Link | None = None


class Session:
    """``joined`` counts Socket.IO namespaces; ``pinged_s`` is when the unanswered ping left, 0 when
    none is; ``beat_s`` when the next one is due."""

    __slots__ = (
        "_backlog",
        "_in_hand",
        "beat_s",
        "binary",
        "closed",
        "engine",
        "joined",
        "link",
        "pinged_s",
        "poll",
        "sid",
    )

    def __init__(self, engine: Engine, sid: str) -> None:
        self.engine = engine
        self.binary = engine.msgpack
        self.sid = sid
        self.link: Link | None = None
        self.poll: Poll | None = None
        self.pinged_s = 0.0
        self.beat_s = 0.0
        self.joined = 0
        self.closed = False
        self._backlog: deque[str | bytes] | None = None
        self._in_hand = 0

    # --- out -----------------------------------------------------------------------------------------------

    def tell(self, encoded: Encoded) -> bool:
        """Send an event that was encoded once. False when this receiver takes too little."""
        link = self.link
        if link is not None:
            frame = encoded.msgpack_frame if self.binary else encoded.json_frame
            pending = link.pending  # ``link.write`` spelled out: this line runs for every delivery
            link.pending = link.tick.start(link, frame) if pending is None else pending.then(frame)
            return link.slow_since is None
        return self._queue(encoded.msgpack_poll() if self.binary else encoded.json_poll())

    async def send(self, data: str | bytes) -> None:
        """One Engine.IO message of the Socket.IO layer."""
        link = self.link
        if link is not None:
            if isinstance(data, bytes):
                link.write(build(Opcode.BINARY, data))
            else:
                link.write(build(Opcode.TEXT, b"4" + data.encode()))
        else:
            self._queue("b" + base64.b64encode(data).decode() if isinstance(data, bytes) else "4" + data)

    def ping(self, now_s: float) -> None:
        self.pinged_s = now_s
        if self.link is not None:
            self.link.write(PING_FRAME)
        else:
            self._queue("2")

    def full(self) -> bool:
        """A polling client that has not come for its packets."""
        return self.poll is not None and len(self.poll.packets) >= POLL_QUEUE_MAX

    def slow_since(self) -> float | None:
        return self.link.slow_since if self.link is not None else None

    def waiting_bytes(self) -> int:
        return self.link.waiting_bytes() if self.link is not None else 0

    def _queue(self, packet: str) -> bool:
        poll = self.poll
        if poll is None or self.closed or len(poll.packets) >= POLL_QUEUE_MAX:
            return False
        poll.packets.append(packet)
        self._wake()
        return True

    def _wake(self) -> None:
        if self.poll is not None and self.poll.waiter is not None and not self.poll.waiter.done():
            self.poll.waiter.set_result(None)

    # --- polling -------------------------------------------------------------------------------------------

    async def polled(self) -> str | None:
        """The payload of one polling request, when there is something; None when the session may not be polled."""
        poll = self.poll
        if poll is None:
            return None
        if poll.waiter is not None:  # two requests at once: the client has lost its way (Engine.IO 4, HTTP polling)
            self.close("transport error")
            return None
        if not poll.packets and poll.probe is None:
            poll.waiter = asyncio.get_running_loop().create_future()
            try:
                await poll.waiter
            finally:
                poll.waiter = None
        if not poll.packets:
            return "1" if self.closed else "6"
        payload = SEPARATOR.join(poll.packets)
        poll.packets.clear()
        return payload

    async def posted(self, payload: str) -> bool:
        """Take the packets of one POST in order; False when one of them is none."""
        for packet in payload.split(SEPARATOR):
            if self.closed:
                return True
            if packet[:1] == "b":
                try:
                    good = bool(await self.engine.take(self, base64.b64decode(packet[1:], validate=True)))
                except (binascii.Error, ValueError):
                    good = False
            elif packet[:1] == "4":
                good = bool(await self.engine.take(self, packet[1:]))
            else:
                good = self._control(packet)
            if not good:
                self.close("parse error")
                return False
        return True

    def _control(self, packet: str) -> bool:
        if packet == "3":
            self.pinged_s = 0.0
        elif packet == "1":
            if self.poll is not None and not self.closed:
                self.poll.packets.append("6")  # the waiting request ends with a no-op, as in Node
            self.close("client disconnect")
        else:
            return False
        return True

    # --- websocket -----------------------------------------------------------------------------------------

    def heard(self, link: Link, payload: bytes, binary: bool) -> None:
        if self.closed:
            return
        if link is not self.link:
            self._probed(link, payload)
            return
        if binary:
            self._message(payload)
            return
        try:
            text = text_of(payload)
        except FrameError as error:
            link.close(error.close_code, str(error))
            return
        if text[:1] == "4":
            self._message(text[1:])
        elif not self._control(text):
            self._bad()

    def _probed(self, link: Link, payload: bytes) -> None:
        """Upgrade: ``2probe`` is answered, ``5`` moves the session to the websocket with all that waits."""
        poll = self.poll
        if poll is None or (poll.probe is not None and poll.probe is not link):
            link.close(1002, "no such upgrade")
        elif payload == b"2probe":
            poll.probe = link
            link.write(_PONG_PROBE)
            self._wake()  # the waiting request ends with a no-op, so that the client may go on
        elif payload == b"5" and poll.probe is link:
            self.link, self.poll = link, None
            for packet in poll.packets:
                if packet[:1] == "b":
                    link.write(build(Opcode.BINARY, base64.b64decode(packet[1:])))
                else:
                    link.write(build(Opcode.TEXT, packet.encode()))
            poll.packets.clear()
            poll.probe = None
            if poll.waiter is not None and not poll.waiter.done():
                poll.waiter.set_result(None)
        else:
            link.close(1002, "probe expected")

    def expire_probe(self, link: Link) -> None:
        """``UPGRADE_S`` after the probe's websocket opened."""
        if self.link is not link:
            if self.poll is not None and self.poll.probe is link:
                self.poll.probe = None
            link.close(1002, "upgrade not finished")

    def broken(self, link: Link, error: FrameError) -> None:
        """The link closes itself with the code; the session ends when it is lost."""

    def lost(self, link: Link) -> None:
        if link is self.link:
            self.end("transport close")
        elif self.poll is not None and self.poll.probe is link:
            self.poll.probe = None

    def _bad(self) -> None:
        self.close("parse error", 1002)

    # --- messages in order ---------------------------------------------------------------------------------

    def _message(self, data: str | bytes) -> None:
        if self._backlog is not None:
            self._backlog.append(data)
            if len(self._backlog) == IN_HAND_MAX and self.link is not None:
                self.link.pause_reading()
            return
        self._backlog = deque((data,))
        self.engine.own(self._work())

    async def _work(self) -> None:
        while self._backlog:
            data = self._backlog.popleft()
            if len(self._backlog) == IN_HAND_MAX - 1 and self.link is not None:
                self.link.resume_reading()
            if not self.closed and not await self.engine.take(self, data):
                self._bad()
        self._backlog = None

    def begin(self) -> None:
        """A command is being answered beside the others."""
        self._in_hand += 1
        if self._in_hand == IN_HAND_MAX and self.link is not None:
            self.link.pause_reading()

    def done(self) -> None:
        if self._in_hand == IN_HAND_MAX and self.link is not None:
            self.link.resume_reading()
        self._in_hand -= 1

    # --- end -----------------------------------------------------------------------------------------------

    def close(self, reason: str, code: int = 1000) -> None:
        """End it from this side: what waits is still sent, then the close."""
        link = self.link
        if link is not None:
            link.close(code, reason)
        self.end(reason)

    def abort(self) -> None:
        """Cut a receiver that takes nothing."""
        if self.link is not None:
            self.link.abort()
        self.end("transport error")

    def hang_up(self) -> None:
        self.close("server disconnect")

    def end(self, reason: str) -> None:
        """Over; harmless when it is already."""
        if self.closed:
            return
        self.closed = True
        self._wake()
        if self.poll is not None and self.poll.probe is not None:
            self.poll.probe.close(1000, reason)
        self.engine.gone(self, reason)


class Listener(Protocol):
    """Somebody of a room, as far as telling cares. Read-only, so that any kind of socket fits a reader of it."""

    @property
    def socket(self) -> Any: ...


T = TypeVar("T", bound=Listener)


def tell_all(groups: Iterable[Iterable[T]], encoded: Encoded) -> tuple[int, list[T]]:  # noqa: PLR0912 - see below
    """``Session.tell`` for everybody of a room, spelled out as one loop: calls would double what a delivery costs.

    Gives how many were told, and those who take too little.
    """
    told = 0
    slow: list[T] = []
    # By serialiser: the batch of those who had nothing waiting, where they are entered, and the last answer of
    # ``then``, which mostly fits the next one too, since nearly all of a room have the same waiting.
    text_first = text_enter = text_before = text_after = None
    binary_first = binary_enter = binary_before = binary_after = None
    for group in groups:
        for listener in group:
            told += 1
            session: Session = listener.socket
            link = session.link
            if link is None:
                if not session.tell(encoded):
                    slow.append(listener)
                continue
            pending = link.pending
            if not session.binary:
                if pending is None:
                    if text_enter is None:
                        text_first, text_enter = link.tick.begin(encoded.json_frame)
                    link.pending = text_first
                    text_enter(link)
                elif pending is text_before:
                    link.pending = text_after
                else:
                    link.pending = text_after = pending.then(encoded.json_frame)
                    text_before = pending
            elif pending is None:
                if binary_enter is None:
                    binary_first, binary_enter = link.tick.begin(encoded.msgpack_frame)
                link.pending = binary_first
                binary_enter(link)
            elif pending is binary_before:
                link.pending = binary_after
            else:
                link.pending = binary_after = pending.then(encoded.msgpack_frame)
                binary_before = pending
            if link.slow_since is not None:
                slow.append(listener)
    return told, slow
