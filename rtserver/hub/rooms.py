"""Who hears which stream here: streams, accounts and their connections. Pure: it sends nothing and reads no log.

An account's rooms hold for all its connections (its tabs and devices), so a change of membership is one change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Listener(Protocol):
    """A connection, as far as rooms care."""

    @property
    def session(self) -> int: ...


L = TypeVar("L", bound=Listener)


class Audience(Generic[L]):
    """One account's live connections here, and the rooms they are in."""

    __slots__ = ("account", "left_at", "listeners", "loading", "rooms")

    def __init__(self, account: int) -> None:
        self.account = account
        self.listeners: list[L] = []
        self.rooms: list[Room[L]] = []
        """Each once. A list: a set of 20 takes 2 KiB, and only joins and leaves look for one."""
        self.loading = 0
        """Connections whose list of streams is being read; while above 0, leaves are remembered in ``left_at``."""
        self.left_at: dict[str, int] | None = None
        """Stream to the seq of a leave that a list of streams read before it may not undo."""


class Room(Generic[L]):
    """A served stream. ``head`` is the last seq told here; everything up to it was told, nothing above it."""

    __slots__ = ("audiences", "head", "stream", "target")

    def __init__(self, stream: str, head: int) -> None:
        self.stream = stream
        self.head = head
        self.target = head
        """Greatest seq heard of; above ``head`` while a gap is open."""
        self.audiences: set[Audience[L]] = set()

    @property
    def behind(self) -> bool:
        return self.target > self.head

    def listeners(self) -> Iterator[L]:
        for audience in self.audiences:
            yield from audience.listeners


class Registry(Generic[L]):
    """Rooms and audiences exist exactly as long as somebody needs them."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room[L]] = {}
        self.audiences: dict[int, Audience[L]] = {}
        self.connections = 0

    def audience(self, account: int) -> Audience[L]:
        """The account's audience, made when it is the first connection."""
        found = self.audiences.get(account)
        if found is None:
            found = self.audiences[account] = Audience(account)
        return found

    def add(self, audience: Audience[L], listener: L) -> None:
        audience.listeners.append(listener)
        self.connections += 1

    def remove(self, account: int, listener: L) -> None:
        """Take a connection away; harmless when it is not there."""
        audience = self.audiences.get(account)
        if audience is None or listener not in audience.listeners:
            return
        audience.listeners.remove(listener)
        self.connections -= 1
        self.settle(audience)

    def settle(self, audience: Audience[L]) -> None:
        """Forget an audience that nobody listens through, and the rooms only it needed."""
        if audience.listeners or audience.loading:
            return
        for room in tuple(audience.rooms):
            self.leave(audience, room)
        self.audiences.pop(audience.account, None)

    def join(self, audience: Audience[L], stream: str, head: int) -> Room[L]:
        """Enter a stream's room; ``head`` counts only when nobody was in it before."""
        room = self.rooms.get(stream)
        if room is None:
            room = self.rooms[stream] = Room(stream, head)
        if audience not in room.audiences:
            room.audiences.add(audience)
            audience.rooms.append(room)
        return room

    def leave(self, audience: Audience[L], room: Room[L]) -> None:
        if audience in room.audiences:
            room.audiences.discard(audience)
            audience.rooms.remove(room)
        if not room.audiences and self.rooms.get(room.stream) is room:
            del self.rooms[room.stream]

    def listeners(self) -> list[L]:
        return [listener for audience in self.audiences.values() for listener in audience.listeners]

    def sessions(self) -> set[int]:
        return {listener.session for audience in self.audiences.values() for listener in audience.listeners}
