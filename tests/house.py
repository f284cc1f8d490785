"""A small school over the real services: what the integration tests drive."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from rtserver.actor import Actor
from rtserver.auth.sessions import add_account
from rtserver.bus.base import Hint
from rtserver.bus.memory import MemoryBus
from rtserver.chat.calling import CallDoors
from rtserver.chat.file_work import FileWork
from rtserver.chat.presence import Presence
from rtserver.chat.reading import ChatReader
from rtserver.chat.rules import ChatLimits
from rtserver.chat.service import ChatService
from rtserver.clock import now_ms
from rtserver.files.own import OwnFiles
from rtserver.files.settings import FilesSettings
from rtserver.school.enrol import enrol
from rtserver.wire import chat as w
from rtserver.wire.errors import AppError
from rtserver.wire.registry import COMMANDS
from rtserver.wire.types import SchoolRole
from signaling.service import CallService
from storage.blobs.disk import Disk
from storage.db import Database
from storage.ids import wire_id


class House:
    """Commands by name for any account; a clock that the test moves; everything the bus was told."""

    def __init__(self, database: Database, limits: ChatLimits | None = None) -> None:
        self.database = database
        self.bus = MemoryBus()
        self.shift_ms = 0
        self.service = ChatService(database, self.bus, self.now, limits or ChatLimits())
        reader = ChatReader(database, self.now, self.service.marks)
        self.calls = CallService(None, CallDoors(database), self.bus, self.now, 100)
        nowhere = Path("/nonexistent")  # commands of files, of which a house without their doors has none
        own = OwnFiles(database, self.run_files, Disk(nowhere), FilesSettings(nowhere))
        self.handlers = {
            **self.service.handlers(),
            **reader.handlers(),
            **self.calls.handlers(),
            **own.handlers(),
        }
        self.handlers |= Presence(database, self.bus, self.now, self.service.marks).handlers()
        self.told: list[Hint] = []
        self.bus.subscribe(self.told.extend)
        self._nonces = itertools.count(1)

    def now(self) -> int:
        return now_ms() + self.shift_ms

    async def run_files(self, task: Any) -> Any:
        return await self.service.run(lambda work: task(FileWork(work)))

    def nonce(self) -> str:
        return f"nonce-{next(self._nonces):08}"

    async def person(self, role: SchoolRole, klass: str = "", school: str = "Школа", name: str = "Имя") -> int:
        def make(connection: Any) -> int:
            account = add_account(connection, name, "Фамилия", self.now())
            enrol(connection, account, role, school, klass, "", self.now())
            return account

        return await self.database.write(make)

    async def do(self, account: int, command: str, /, **fields: Any) -> Any:
        """Run a command as the hub would: from its wire form, with a nonce when it wants one."""
        struct = COMMANDS[command].command
        if "nonce" in struct.__struct_fields__:
            fields.setdefault("nonce", self.nonce())
        return await self.handlers[struct](Actor(account, 1), msgspec.convert(fields, struct))

    async def refused(self, account: int, command: str, /, **fields: Any) -> str:
        """The code of the refusal that must come."""
        try:
            result = await self.do(account, command, **fields)
        except AppError as refusal:
            return refusal.code
        raise AssertionError(f"{command} was not refused: {result}")

    async def group(self, maker: int, others: Sequence[int], title: str = "Группа") -> str:
        made: w.ChatCreated = await self.do(
            maker, "chat.create", kind="group", title=title, members=[wire_id(one) for one in others]
        )
        return made.chat

    async def direct(self, one: int, other: int) -> str:
        made: w.ChatCreated = await self.do(one, "chat.create", kind="direct", members=[wire_id(other)])
        return made.chat
