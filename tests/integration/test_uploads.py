"""Uploads over HTTP, each way of taking a body, on both databases."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import resource
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from storage.blobs.sums import CELL_BYTES, content_hash
from storage.db import Database
from storage.ids import parse_id
from tests.file_house import BODY, ORIGIN, FileHouse, code_of

MIB = 1 << 20


@pytest_asyncio.fixture(params=["fast", "plain"])
async def house(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> AsyncIterator[FileHouse]:
    made = FileHouse(database, tmp_path / "blobs", fast=request.param == "fast", takeover_s=5.0)
    await made.open()
    yield made
    await made.close()


def content(house: FileHouse, address: str) -> bytes:
    return house.files.disk.incoming(parse_id(address.rpartition("/")[2])).read_bytes()


def grid_hash(data: bytes) -> bytes:
    """The content's hash by its definition, all at once."""
    cells = [data[at : at + CELL_BYTES] for at in range(0, len(data), CELL_BYTES)]
    return content_hash(hashlib.sha256(cell).digest() for cell in cells)


async def test_a_file_comes_in_any_pieces(house: FileHouse) -> None:
    """E-9, R-90: pieces of odd sizes on one connection, equal at the end; the hash made on the way is the content's."""
    masha = await house.person("student", "7А")
    data = os.urandom(19 * MIB + 12_345)
    address = await house.begin(masha, len(data))
    at = 0
    for size in (1, 70_000, 3 * MIB + 1, 9 * MIB, len(data)):
        piece = data[at : at + size]
        answer = await house.send(masha, address, at, piece)
        at += len(piece)
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(at))
    assert content(house, address) == data
    opened = house.files.disk.open(parse_id(address.rpartition("/")[2]))
    assert house.files.disk.hash(opened) == grid_hash(data)
    opened.close()
    if house.settings.fast:
        assert house.files.body.fast_bodies > 0
    again = await house.send(masha, address, at, b"")
    assert again.status == 204
    assert (await house.send(masha, address, 0, b"x")).status == 409


async def test_creation_carries_bytes_and_empty_files_are_whole_at_once(house: FileHouse) -> None:
    """E-9: §Creation With Upload, with a checksum; a zero-length upload has nothing to send."""
    masha = await house.person("student", "7А")
    data = os.urandom(300_000)
    digest = base64.b64encode(hashlib.sha1(data).digest()).decode()
    made = await house.ask(
        masha, "POST", "/uploads/", data, Upload_Length=400_000, Upload_Checksum=f"sha1 {digest}", **BODY
    )
    assert (made.status, made.headers["Upload-Offset"]) == (201, "300000")
    assert await house.offset(masha, made.headers["Location"]) == 300_000
    empty = await house.begin(masha, 0)
    answer = await house.ask(masha, "HEAD", empty)
    assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == ("0", "0")
    assert "Upload-Expires" not in answer.headers


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "crc32"])
async def test_a_wrong_checksum_takes_its_bytes_back(house: FileHouse, algorithm: str) -> None:
    """E-9: §Checksum: 460, the offset stays, the right bytes are taken then; the hash forgets the wrong ones too."""

    def header(data: bytes) -> str:
        plain = zlib.crc32(data).to_bytes(4, "big") if algorithm == "crc32" else hashlib.new(algorithm, data).digest()
        return f"{algorithm} {base64.b64encode(plain).decode()}"

    masha = await house.person("student", "7А")
    data = os.urandom(9 * MIB)
    address = await house.begin(masha, len(data))
    first, rest = data[: 2 * MIB], data[2 * MIB :]
    assert (await house.send(masha, address, 0, first, Upload_Checksum=header(first))).status == 204
    wrong = await house.send(masha, address, len(first), os.urandom(len(rest)), Upload_Checksum=header(rest))
    assert (wrong.status, await code_of(wrong)) == (460, "checksum_mismatch")
    assert await house.offset(masha, address) == len(first)
    assert (await house.send(masha, address, len(first), rest, Upload_Checksum=header(rest))).status == 204
    assert content(house, address) == data
    opened = house.files.disk.open(parse_id(address.rpartition("/")[2]))
    assert house.files.disk.hash(opened) == grid_hash(data)
    opened.close()


async def test_a_deferred_length_and_a_chunked_body(house: FileHouse) -> None:
    """E-9: §Creation Defer Length; a body of unknown length never passes the upload's."""
    masha = await house.person("student", "7А")

    async def chunks(*blocks: bytes) -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    made = await house.ask(masha, "POST", "/uploads/", Upload_Defer_Length=1)
    address = made.headers["Location"]
    blocks = [os.urandom(700_000) for _ in range(3)]
    assert (await house.send(masha, address, 0, chunks(*blocks))).status == 204
    looked = await house.ask(masha, "HEAD", address)
    assert looked.headers["Upload-Defer-Length"] == "1"
    assert "Upload-Length" not in looked.headers
    assert (await house.send(masha, address, 2_100_000, b"end", Upload_Length=2_100_003)).status == 204
    assert content(house, address) == b"".join(blocks) + b"end"
    short = await house.begin(masha, 10)
    refused = await house.send(masha, short, 0, chunks(b"x" * 11))
    assert (refused.status, await code_of(refused)) == (400, "upload_length_mismatch")
    assert await house.offset(masha, short) == 10, "what fitted is kept"


async def test_parts_are_joined(house: FileHouse) -> None:
    """E-9: §Concatenation: order, once only; asked again it is the same upload."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    pieces = [os.urandom(CELL_BYTES), os.urandom(CELL_BYTES // 2), os.urandom(1000)]
    addresses = []
    for piece in pieces:
        address = await house.begin(masha, len(piece), Upload_Concat="partial")
        assert (await house.send(masha, address, 0, piece)).status == 204
        addresses.append(address)
    unfinished = await house.begin(masha, 5, Upload_Concat="partial")
    asked = "final;" + " ".join(addresses)
    early = await house.ask(masha, "POST", "/uploads/", Upload_Concat=f"{asked} {unfinished}")
    assert (early.status, await code_of(early)) == (409, "upload_parts_unfinished")
    stolen = await house.ask(kolya, "POST", "/uploads/", Upload_Concat=asked)
    assert (stolen.status, await code_of(stolen)) == (404, "upload_unknown")
    made = await house.ask(masha, "POST", "/uploads/", Upload_Concat=asked)
    assert made.status == 201
    address = made.headers["Location"]
    looked = await house.ask(masha, "HEAD", address)
    assert looked.headers["Upload-Concat"] == asked
    assert looked.headers["Upload-Length"] == looked.headers["Upload-Offset"] == str(sum(map(len, pieces)))
    again = await house.ask(masha, "POST", "/uploads/", Upload_Concat=asked)
    assert again.headers["Location"] == address
    assert (await house.ask(masha, "DELETE", addresses[0])).status == 404, "a joined part is no upload any more"
    assert (await house.send(masha, address, 0, b"x")).status in (403, 409)


async def test_termination_removes_the_bytes(house: FileHouse) -> None:
    """E-9: §Termination."""
    masha = await house.person("student", "7А")
    address = await house.begin(masha, 1000)
    await house.send(masha, address, 0, b"x" * 10)
    assert (await house.ask(masha, "DELETE", address)).status == 204
    assert (await house.ask(masha, "HEAD", address)).status == 410
    assert (await house.send(masha, address, 10, b"y")).status == 410
    assert not house.files.disk.incoming(parse_id(address.rpartition("/")[2])).exists()


async def test_a_newcomer_takes_over_and_two_never_write(house: FileHouse) -> None:
    """E-9: the holder lets go, is told 400, and what it had acknowledged stands; the newcomer goes on from there."""
    masha = await house.person("student", "7А")
    data = os.urandom(4 * MIB)
    address = await house.begin(masha, len(data))
    gone = asyncio.Event()

    async def stalls() -> AsyncIterator[bytes]:
        yield data[: 2 * MIB]
        await gone.wait()

    old = asyncio.create_task(house.send(masha, address, 0, stalls(), Content_Length=len(data)))
    path = house.files.disk.incoming(parse_id(address.rpartition("/")[2]))
    async with asyncio.timeout(10):
        while path.stat().st_size < MIB:  # noqa: ASYNC110 - a file tells nobody that it grows
            await asyncio.sleep(0.01)
    offset = await house.offset(masha, address)
    assert offset == 2 * MIB
    displaced = await old
    assert (displaced.status, await code_of(displaced)) == (400, "upload_displaced")
    gone.set()
    assert (await house.send(masha, address, offset, data[offset:])).status == 204
    assert content(house, address) == data


async def test_a_stalled_client_is_let_go_and_its_bytes_count(database: Database, tmp_path: Path) -> None:
    """E-9: after ``stall_s`` without a byte the upload is free again."""
    for fast in (True, False):
        house = FileHouse(database, tmp_path / str(fast), fast=fast, stall_s=0.3)
        await house.open()
        masha = await house.person("student", "7А")
        address = await house.begin(masha, 1000)

        async def stalls() -> AsyncIterator[bytes]:
            yield b"x" * 100
            await asyncio.sleep(60)

        answer = await house.send(masha, address, 0, stalls(), Content_Length=1000)
        assert (answer.status, await code_of(answer)) == (503, "upload_incomplete")
        assert await house.offset(masha, address) == 100
        await house.close()


async def test_limits_name_themselves(database: Database, tmp_path: Path) -> None:
    """R-90, E-9: file, account, school, number of uploads, disk: each refusal says its limit, nothing is lost."""
    house = FileHouse(
        database, tmp_path / "blobs", file_bytes=1000, account_bytes=2500, school_bytes=4000, uploads_open=3
    )
    await house.open()
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    big = await house.ask(masha, "POST", "/uploads/", Upload_Length=1001)
    assert (big.status, (await big.json())["error"]["limit"]) == (413, 1000)
    addresses = [await house.begin(masha, 1000), await house.begin(masha, 1000)]
    full = await house.ask(masha, "POST", "/uploads/", Upload_Length=501)
    assert (full.status, await code_of(full)) == (413, "quota_exceeded")
    await house.begin(masha, 500)
    many = await house.ask(masha, "POST", "/uploads/", Upload_Length=0)
    assert (many.status, await code_of(many)) == (429, "uploads_limit")
    await house.begin(kolya, 1000)
    school = await house.ask(kolya, "POST", "/uploads/", Upload_Length=501)
    assert (school.status, await code_of(school)) == (413, "school_quota_exceeded")
    assert (await house.ask(masha, "DELETE", addresses[0])).status == 204
    assert (await house.ask(kolya, "POST", "/uploads/", Upload_Length=501)).status == 201
    assert (await house.send(masha, addresses[1], 0, b"x" * 1000)).status == 204
    await house.close()
    tight = FileHouse(database, tmp_path / "blobs", free_percent=100.0)
    await tight.open()
    refused = await tight.ask(masha, "POST", "/uploads/", Upload_Length=1)
    assert (refused.status, await code_of(refused)) == (507, "disk_full")
    await tight.close()


async def test_strangers_find_no_upload(house: FileHouse) -> None:
    """E-14: HEAD, PATCH and DELETE of somebody else's upload, of a guessed id and without a log-in."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    address = await house.begin(masha, 10)
    for path in (address, "/uploads/123", "/uploads/x"):
        assert (await house.ask(kolya, "HEAD", path)).status == 404
        assert (await house.send(kolya, path, 0, b"x")).status == 404
        assert (await house.ask(kolya, "DELETE", path)).status == 404
    for method in ("HEAD", "PATCH", "DELETE"):
        assert (await house.ask(None, method, address)).status == 401
    assert (await house.ask(None, "POST", "/uploads/", Upload_Length=1)).status == 401
    foreign = await house.ask(masha, "DELETE", address, Origin="https://evil.example")
    assert (foreign.status, await code_of(foreign)) == (403, "forbidden_origin")
    assert await house.offset(masha, address) == 0


async def test_the_protocol_around(house: FileHouse) -> None:
    """E-9: OPTIONS without a log-in, CORS for an allowed origin only, version 412, method override, metadata kept."""
    masha = await house.person("student", "7А")
    options = await house.ask(None, "OPTIONS", "/uploads/")
    assert options.status == 204
    assert options.headers["Tus-Max-Size"] == "4294967296"
    assert set(options.headers["Tus-Checksum-Algorithm"].split(",")) == {"sha1", "sha256", "crc32"}
    allowed = await house.ask(None, "OPTIONS", "/uploads/", Origin=ORIGIN)
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Origin" not in options.headers
    old = await house.ask(masha, "POST", "/uploads/", Tus_Resumable="0.2.2", Upload_Length=1)
    assert (old.status, old.headers["Tus-Version"]) == (412, "1.0.0")
    address = await house.begin(masha, 3)
    sent = await house.ask(
        masha, "POST", address, b"abc", X_HTTP_Method_Override="PATCH", Upload_Offset=0, Origin=ORIGIN, **BODY
    )
    assert (sent.status, sent.headers["Upload-Offset"]) == (204, "3")
    assert "Upload-Offset" in sent.headers["Access-Control-Expose-Headers"]
    looked = await house.ask(masha, "HEAD", address)
    assert base64.b64decode(looked.headers["Upload-Metadata"].split()[1]).decode() == "задание.txt"
    zipped = await house.ask(masha, "PATCH", address, b"", Upload_Offset=3, Content_Encoding="gzip", **BODY)
    assert zipped.status == 400


async def test_what_was_tested_and_never_confirmed_is_cut_away(house: FileHouse) -> None:
    """E-9: bytes of a request with a checksum that a crash broke off; a file smaller than acknowledged is no upload."""
    masha = await house.person("student", "7А")
    data = os.urandom(1000)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    address = await house.begin(masha, 5000)
    await house.send(masha, address, 0, data, Upload_Checksum=f"sha256 {digest}")
    path = house.files.disk.incoming(parse_id(address.rpartition("/")[2]))
    with path.open("ab") as file:
        file.write(b"half a request")
    await house.shut()
    await house.reopen()
    assert await house.offset(masha, address) == 1000
    os.truncate(path, 999)
    lost = await house.ask(masha, "HEAD", address)
    assert lost.status == 410


async def test_a_full_disk_loses_nothing(house: FileHouse) -> None:
    """E-9: 507 with what was acknowledged kept; when there is room again the upload goes on. The kernel itself refuses
    the write here, by a limit on the size of files.
    """
    masha = await house.person("student", "7А")
    data = os.urandom(12 * MIB)
    address = await house.begin(masha, len(data))
    assert (await house.send(masha, address, 0, data[: 5 * MIB])).status == 204
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * MIB, hard))
    try:
        full = await house.send(masha, address, 5 * MIB, data[5 * MIB :])
        assert (full.status, await code_of(full)) == (507, "disk_full")
        offset = await house.offset(masha, address)
        assert 5 * MIB <= offset <= 8 * MIB
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert (await house.send(masha, address, offset, data[offset:])).status == 204
    assert content(house, address) == data
