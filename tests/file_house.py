"""A school with the doors of uploads and files over a real HTTP edge, in this process."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from rtserver.app_files import FileParts
from rtserver.auth.sessions import Sessions, open_session
from rtserver.files.settings import FilesSettings
from rtserver.routes.http import EdgeSettings
from rtserver.routes.public import edge
from rtserver.school.gate import Gate
from rtserver.wire.files import FileFinished
from rtserver.wire.types import Attachment
from storage.db import Database
from tests.house import House

ORIGIN = "https://lessons.example"
BODY = {"Content-Type": "application/offset+octet-stream"}


class FileHouse(House):
    """``ask`` sends one tus request as somebody; ``reopen`` starts the doors anew over the same disk."""

    client: TestClient[web.Request, web.Application]
    files: FileParts

    def __init__(self, database: Database, folder: Path, **settings: Any) -> None:
        super().__init__(database)
        self.settings = FilesSettings(**{"folder": folder, "free_percent": 0.0, **settings})
        self.gate = Gate(database, self.now)
        self.sessions = Sessions(database, self.now)
        self.tokens: dict[int, str] = {}
        self.heard = asyncio.Event()
        self.bus.subscribe(lambda hints: self.heard.set())

    async def open(self) -> None:
        self.service.start()
        await self.reopen()

    async def reopen(self) -> None:
        self.files = FileParts(self.settings, self.database, self.run_files, self.gate, self.now)
        self.handlers.update(self.files.handlers())
        await self.files.start()
        public = web.Application(middlewares=[edge("support@school.example")])
        self.files.add_doors(public, self.sessions, EdgeSettings(origins=(ORIGIN,)))
        self.client = TestClient(TestServer(public))
        await self.client.start_server()

    async def shut(self) -> None:
        await self.files.close()
        await self.client.close()

    async def close(self) -> None:
        await self.shut()
        await self.service.close()

    async def token(self, who: int) -> str:
        if who not in self.tokens:
            self.tokens[who] = await self.database.write(lambda c: open_session(c, who, "test", self.now()))
        return self.tokens[who]

    async def ask(self, who: int | None, method: str, path: str, data: Any = None, **headers: Any) -> ClientResponse:
        """Header names are written with underscores; the answer's body is read."""
        sent = {"Tus-Resumable": "1.0.0", **{name.replace("_", "-"): str(value) for name, value in headers.items()}}
        if who is not None:
            sent["Authorization"] = f"Bearer {await self.token(who)}"
        answer = await self.client.request(method, path, data=data, headers=sent, skip_auto_headers=("Content-Type",))
        await answer.read()
        return answer

    async def begin(self, who: int, length: int, name: str = "задание.txt", **headers: Any) -> str:
        """The address of a new upload."""
        metadata = f"filename {base64.b64encode(name.encode()).decode()}"
        answer = await self.ask(who, "POST", "/uploads/", Upload_Length=length, Upload_Metadata=metadata, **headers)
        assert answer.status == 201, await answer.text()
        return answer.headers["Location"]

    async def send(self, who: int, address: str, offset: int, data: Any, **headers: Any) -> ClientResponse:
        return await self.ask(who, "PATCH", address, data, Upload_Offset=offset, **BODY, **headers)

    async def offset(self, who: int, address: str) -> int:
        answer = await self.ask(who, "HEAD", address)
        assert answer.status == 200, answer.status
        return int(answer.headers["Upload-Offset"])

    async def upload(self, who: int, data: bytes, name: str = "задание.txt", **metadata: str) -> str:
        """The id of a finished upload that is not examined yet, or is."""
        pairs = {"filename": name, **metadata}
        header = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        made = await self.ask(
            who,
            "POST",
            "/uploads/",
            data or None,
            Upload_Length=len(data),
            Upload_Metadata=header,
            **(BODY if data else {}),
        )
        assert made.status == 201, await made.text()
        return made.headers["Location"].rpartition("/")[2]

    async def told_of(self, upload: str) -> FileFinished:
        """The word that its owner gets of a finished upload."""
        async with asyncio.timeout(30):
            while True:
                for hint in self.told:
                    if isinstance(hint.event, FileFinished) and hint.event.upload == upload:
                        return hint.event
                self.heard.clear()
                await self.heard.wait()

    async def file(self, who: int, data: bytes, name: str = "задание.txt", **metadata: str) -> Attachment:
        """A file that is through all examinations."""
        told = await self.told_of(await self.upload(who, data, name, **metadata))
        assert told.file is not None, told
        return told.file


async def code_of(answer: ClientResponse) -> str:
    return str((await answer.json())["error"]["code"])
