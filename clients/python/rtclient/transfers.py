"""Uploads and downloads that survive broken lines, restarts of the server and of the program. Knows no chat.

An upload is tus 1.0.0; with a ``store`` its addresses are kept in a file until it is finished. A download goes into
``<goal>.part`` and continues by ``Range`` only while the server's ``ETag`` is the one it began with.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from .backoff import Backoff
from .errors import ClientError, Refused
from .parts import FILE_BYTES_MAX, PIECE_BYTES, Part, parts_of

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Bytes that the server holds durably (or that are on this disk), of how many."""
TUS = {"Tus-Resumable": "1.0.0"}
READ_BYTES = 256 << 10
SILENCE_S = 60.0
"""A server that says and takes nothing for this long is gone, whatever TCP believes."""
PASSING = frozenset({409, 423, 429, 460})
"""Refusals that a look at the offset and another try mend, beside every 5xx."""


class Passing(Exception):
    """It may work in a moment."""


class Transfers:
    """``async with Transfers(url, token) as transfers``; ``tries`` in a row without a byte of progress end it."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        store: Path | None = None,
        tries: int = 12,
        backoff: Backoff | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._head = {"Authorization": f"Bearer {token}"}
        self._store = store
        self._tries = tries
        self._backoff = backoff or Backoff()
        self._chance = chance or random.Random()  # noqa: S311 - spreads load, keeps no secret
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Transfers:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=SILENCE_S, sock_read=SILENCE_S)
        self._session = aiohttp.ClientSession(headers=self._head, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.close()

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise ClientError("use it by async with")
        return self._session

    # --- upload ------------------------------------------------------------------------------------------------

    async def upload(self, path: Path, *, name: str = "", voice: bool = False, progress: Progress | None = None) -> str:
        """The id of the finished upload, which a message may name at once. Raises ``Refused`` and ``ClientError``."""
        whole, found = await asyncio.to_thread(lambda: (path.resolve(), path.stat()))
        if found.st_size > FILE_BYTES_MAX:
            raise Refused({"code": "file_too_big", "message_en": "over 4 GB, the limit for a file"})
        key = f"{whole}:{found.st_size}:{found.st_mtime_ns}"
        metadata = {"filename": name or path.name, **({"voice": "1"} if voice else {})}
        told = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in metadata.items())
        parts = parts_of(found.st_size)
        done = [0] * len(parts)

        def advance(index: int, offset: int) -> None:
            done[index] = offset
            if progress is not None:
                progress(sum(done), found.st_size)

        addresses = self._kept().get(key) or []
        if len(addresses) != len(parts):
            addresses = [""] * len(parts)
        partial = len(parts) > 1

        async def send(index: int) -> None:
            headers = {"Upload-Metadata": told, **({"Upload-Concat": "partial"} if partial else {})}

            def keep(address: str) -> None:
                addresses[index] = address
                self._keep(key, addresses)

            await self._send(path, parts[index], addresses[index], headers, keep, lambda at: advance(index, at))

        sending = [asyncio.ensure_future(send(index)) for index in range(len(parts))]
        try:
            await asyncio.gather(*sending)
        except BaseException:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
            raise
        address = addresses[0]
        if partial:
            joined = {"Upload-Metadata": told, "Upload-Concat": "final;" + " ".join(addresses)}
            address = await self._again(lambda: self._create(joined))
        self._keep(key, None)
        return address.rpartition("/")[2]

    async def _send(
        self,
        path: Path,
        part: Part,
        address: str,
        headers: dict[str, str],
        keep: Callable[[str], None],
        advance: Callable[[int], None],
    ) -> None:
        """One upload to its end; a kept address that the server has forgotten begins anew."""
        offset = -1
        if address:
            try:
                offset = await self._again(lambda: self._offset(address))
            except Refused:
                address = ""
        if not address:
            address = await self._again(lambda: self._create({**headers, "Upload-Length": str(part.length)}))
            keep(address)
            offset = 0
        failures = 0
        while offset < part.length:
            advance(offset)
            try:
                offset, failures = await self._patch(path, part, address, offset), 0
            except Passing as error:
                failures += 1
                if failures >= self._tries:
                    raise ClientError(f"the upload does not get on: {error}") from None
                await asyncio.sleep(self._backoff.wait_s(failures - 1, self._chance))
                before, offset = offset, await self._again(lambda: self._offset(address))
                failures = 0 if offset > before else failures
        advance(part.length)

    async def _create(self, headers: dict[str, str]) -> str:
        answer = await self._ask("POST", "/uploads/", {**TUS, **headers})
        return str(answer.headers["Location"])

    async def _offset(self, address: str) -> int:
        answer = await self._ask("HEAD", address, TUS)
        return int(answer.headers["Upload-Offset"])

    async def _patch(self, path: Path, part: Part, address: str, offset: int) -> int:
        count = min(PIECE_BYTES, part.length - offset)
        headers = {
            **TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(count),
        }
        answer = await self._ask("PATCH", address, headers, _read(path, part.first + offset, count))
        return int(answer.headers["Upload-Offset"])

    # --- download ----------------------------------------------------------------------------------------------

    async def download(self, file: str, goal: Path, *, progress: Progress | None = None) -> None:
        """The whole file under ``goal``; what an earlier try left in ``<goal>.part`` is continued."""
        part, mark = goal.with_name(f"{goal.name}.part"), goal.with_name(f"{goal.name}.part.etag")
        failures = 0
        while True:
            before, _ = await asyncio.to_thread(_begun, part, mark)
            try:
                await self._fetch(file, part, mark, progress)
                break
            except Passing as error:
                have, _ = await asyncio.to_thread(_begun, part, mark)
                failures = 0 if have > before else failures + 1
                if failures >= self._tries:
                    raise ClientError(f"the download does not get on: {error}") from None
                await asyncio.sleep(self._backoff.wait_s(failures, self._chance))
        os.replace(part, goal)
        mark.unlink(missing_ok=True)

    async def _fetch(self, file: str, part: Path, mark: Path, progress: Progress | None) -> None:
        have, etag = await asyncio.to_thread(_begun, part, mark)
        headers = {"Range": f"bytes={have}-", "If-Range": etag} if have else {}
        try:
            async with self._open.get(f"{self._url}/files/{file}", headers=headers) as answer:
                if answer.status == 416 and answer.headers.get("Content-Range") == f"bytes */{have}":
                    return  # it was whole already
                await _check(answer)
                if answer.status == 200:
                    have = 0
                await asyncio.to_thread(mark.write_text, answer.headers["ETag"])
                whole = have + int(answer.headers["Content-Length"])
                with part.open("r+b" if have else "wb") as out:
                    out.seek(have)
                    async for block in answer.content.iter_chunked(READ_BYTES):
                        out.write(block)
                        have += len(block)
                        if progress is not None:
                            progress(have, whole)
                if have != whole:
                    raise Passing("the connection ended early")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Passing(str(error) or type(error).__name__) from None

    # --- the line ----------------------------------------------------------------------------------------------

    async def _ask(self, method: str, path: str, headers: dict[str, str], data: Any = None) -> aiohttp.ClientResponse:
        try:
            async with self._open.request(method, self._url + path, headers=headers, data=data) as answer:
                await _check(answer)
                return answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Passing(str(error) or type(error).__name__) from None

    async def _again(self, work: Callable[[], Awaitable[T]]) -> T:
        for attempt in range(self._tries):
            try:
                return await work()
            except Passing as error:
                last = error
                await asyncio.sleep(self._backoff.wait_s(attempt, self._chance))
        raise ClientError(f"no answer: {last}")

    # --- the store ---------------------------------------------------------------------------------------------

    def _kept(self) -> dict[str, list[str]]:
        if self._store is None or not self._store.exists():
            return {}
        found: dict[str, list[str]] = json.loads(self._store.read_text())
        return found

    def _keep(self, key: str, addresses: list[str] | None) -> None:
        """Written beside and renamed: a kill leaves the old or the new one."""
        if self._store is None:
            return
        kept = self._kept()
        if addresses is None:
            kept.pop(key, None)
        else:
            kept[key] = addresses
        beside = self._store.with_suffix(".new")
        beside.write_text(json.dumps(kept))
        os.replace(beside, self._store)


def _begun(part: Path, mark: Path) -> tuple[int, str]:
    """Bytes of an unfinished download and the ETag they belong to."""
    return (part.stat().st_size, mark.read_text()) if part.exists() and mark.exists() else (0, "")


async def _check(answer: aiohttp.ClientResponse) -> None:
    """Raise ``Refused`` for a refusal, ``Passing`` for what may work in a moment."""
    if answer.status < 400 or answer.status == 416:
        return
    if answer.status >= 500 or answer.status in PASSING:
        raise Passing(str(answer.status))
    error: dict[str, object] = {"code": "unknown", "message_en": f"status {answer.status}"}
    if answer.content_type == "application/json" and answer.method != "HEAD":
        error = (await answer.json()).get("error", error)
    raise Refused(error)


async def _read(path: Path, first: int, count: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while count:
            block = await asyncio.to_thread(file.read, min(READ_BYTES, count))
            if not block:
                raise ClientError("the file became shorter while it was sent")
            count -= len(block)
            yield block
