"""Files that are broken or meant to harm: each is examined by the real processes, and none does more than fail."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
import pytest_asyncio
from PIL import Image

from storage.db import Database
from storage.ids import parse_id
from storage.migrate import upgrade
from tests.file_house import FileHouse


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[FileHouse]:
    upgrade(f"sqlite:///{tmp_path}/rt.db")
    database = Database(f"sqlite:///{tmp_path}/rt.db")
    made = FileHouse(database, tmp_path / "blobs", preview_cpu_s=5)
    await made.open()
    yield made
    await made.close()
    await database.close()


def picture(width: int, height: int, kind: str = "PNG", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, kind, **more)
    return out.getvalue()


def sound(seconds: float, container: str = "ogg") -> bytes:
    """Silence, then a tone."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream("libopus", rate=48_000, layout="mono")
        for at in range(int(seconds * 50)):
            loud = at >= seconds * 25
            plain = struct.pack("<960h", *((8_000 if n % 96 < 48 else -8_000) if loud else 0 for n in range(960)))
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.planes[0].update(plain)
            frame.sample_rate, frame.pts, frame.time_base = 48_000, at * 960, Fraction(1, 48_000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def video(width: int, height: int, frames: int) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width, stream.height = width, height
        for _ in range(frames):
            file.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (width, height), (20, 90, 20)))))
        file.mux(stream.encode(None))
    return out.getvalue()


async def test_pictures_get_two_previews_without_metadata(house: FileHouse) -> None:
    """E-7: WebP in two sizes, upright, without the place where it was taken; for those alone who may see the file."""
    masha, kolya = await house.person("student", "7А"), await house.person("student", "7А")
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "GPS 59.93 30.31"
    file = await house.file(masha, picture(2000, 1000, "JPEG", exif=exif), "фото.txt")
    assert (file.kind, file.media_type, file.preview) == ("picture", "image/jpeg", True)
    assert (file.width, file.height) == (1000, 2000)
    for size, side in (("small", 320), ("large", 1600)):
        answer = await house.ask(masha, "GET", f"/files/{file.id}/{size}")
        shown = Image.open(io.BytesIO(await answer.read()))
        assert (shown.format, max(shown.size), shown.size[1] > shown.size[0]) == ("WEBP", side, True)
        assert not shown.getexif()
        assert (await house.ask(kolya, "GET", f"/files/{file.id}/{size}")).status == 404
    shown_in_place = await house.ask(masha, "GET", f"/files/{file.id}")
    assert shown_in_place.headers["Content-Disposition"].startswith("inline")
    saved = await house.ask(masha, "GET", f"/files/{file.id}?download=1")
    assert saved.headers["Content-Disposition"].startswith("attachment")


async def test_voice_and_video_tell_their_length(house: FileHouse) -> None:
    """E-7: waveform and duration of a voice message, poster, size and duration of a video."""
    masha = await house.person("student", "7А")
    voice = await house.file(masha, sound(2.0), "voice.ogg", voice="1")
    assert (voice.kind, voice.media_type) == ("voice", "audio/ogg")
    assert 1_900 <= (voice.duration_ms or 0) <= 2_200
    assert len(voice.waveform) == 64
    assert max(voice.waveform[:24]) < 40 < min(voice.waveform[40:])
    in_webm = await house.file(masha, sound(1.0, "webm"), "voice.webm", voice="1")
    assert (in_webm.kind, in_webm.media_type) == ("voice", "audio/webm")
    clip = await house.file(masha, video(320, 240, 20), "clip.mp4")
    assert (clip.kind, clip.width, clip.height, clip.preview) == ("video", 320, 240, True)
    assert 1_900 <= (clip.duration_ms or 0) <= 2_100


def bomb() -> bytes:
    """A PNG of 40,000 × 40,000 pixels in 200 kB."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = zlib.compressobj(9)
    body = b"".join([row.compress(bytes(5_001)) for _ in range(40_000)] + [row.flush()])
    head = struct.pack(">IIBBBBB", 40_000, 40_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


HOSTILE = {
    "bomb.png": bomb,
    "cut.jpg": lambda: picture(800, 600, "JPEG")[:900],
    "cut.mp4": lambda: video(320, 240, 10)[:-700],
    "noise.mp4": lambda: b"\0\0\0\x20ftypisom" + os.urandom(50_000),
    "noise.webm": lambda: b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + os.urandom(50_000),
    "noise.mp3": lambda: b"ID3\4\0\0" + os.urandom(50_000),
    "script.svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "page.jpg": lambda: b"<!DOCTYPE html><script>alert(document.cookie)</script>",
    "list.mp4": lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "../../../etc/cron.d/x": lambda: b"* * * * * root true",
    "\u202egpj.\r\nSet-Cookie: a=b": lambda: b"x",
    "ы" * 10_000: lambda: b"",
}


@pytest.mark.parametrize("name", HOSTILE, ids=[repr(name[:24]) for name in HOSTILE])
async def test_a_hostile_file_does_nothing(house: FileHouse, name: str) -> None:
    """E-14: it is a plain download inside a sandbox, or a picture without a preview; the server serves on."""
    masha = await house.person("student", "7А")
    data = HOSTILE[name]()
    file = await house.file(masha, data, name[:1000])
    answer = await house.ask(masha, "GET", f"/files/{file.id}")
    assert await answer.read() == data
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert "Set-Cookie" not in answer.headers
    if answer.headers["Content-Type"] == "application/octet-stream":
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert file.kind == "file"
    else:
        assert not file.preview or name.startswith("cut.mp4")
    assert house.files.disk.blob(parse_id(file.id)).is_relative_to(house.settings.folder)
    assert len(list(house.files.disk.every_file())) == 1 + 2 * file.preview
    assert (await house.file(masha, b"next")).size == 4


@pytest.fixture(scope="module")
def clamd() -> Iterator[str]:
    """A real clamd with one signature of the test's own: EICAR's test string. It asks no mirror for others."""
    binary = shutil.which("clamd") or "/usr/sbin/clamd"
    if not Path(binary).exists():
        pytest.skip("clamd is not installed")
    home = Path(tempfile.mkdtemp(prefix="rtclam"))
    home.chmod(0o755)
    (home / "db").mkdir()
    eicar = EICAR.encode().hex()
    (home / "db" / "own.ndb").write_text(f"Own.Eicar:0:0:{eicar}\n")
    (home / "conf").write_text(
        f"DatabaseDirectory {home}/db\nLocalSocket {home}/sock\nLogFile {home}/log\nForeground yes\n"
        "StreamMaxLength 1M\n"
    )
    process = subprocess.Popen([binary, "-c", str(home / "conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            if (home / "sock").exists():
                break
            assert process.poll() is None, process.stdout.read() if process.stdout else ""
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        yield f"unix:{home}/sock"
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(home, ignore_errors=True)


EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def test_a_virus_is_refused_and_told(tmp_path: Path, clamd: str) -> None:
    """E-9: the scan by a real clamd; its post is dropped with the reason, its bytes and its space are gone."""
    upgrade(f"sqlite:///{tmp_path}/rt.db")
    database = Database(f"sqlite:///{tmp_path}/rt.db")
    house = FileHouse(database, tmp_path / "blobs", clamd=clamd, scan_bytes=500_000)
    await house.open()
    masha = await house.person("student", "7А")
    clean = await house.file(masha, b"clean")
    assert clean.scanned
    told = await house.told_of(await house.upload(masha, EICAR.encode(), "игра.exe"))
    assert (told.error, told.file) == ("file_infected", None)
    assert await house.refused(masha, "message.post", chat="1", text="", files=[told.upload]) == "chat_unknown"
    chat = await house.group(masha, [await house.person("student", "7А")])
    assert await house.refused(masha, "message.post", chat=chat, text="", files=[told.upload]) == "file_infected"
    assert not house.files.disk.incoming(parse_id(told.upload)).exists()
    assert (await house.do(masha, "file.list")).used_bytes == 5
    big = await house.file(masha, bytes(600_000), "big")
    assert not big.scanned, "over the limit of a scan: it carries the mark"
    await house.close()
    strict = FileHouse(database, tmp_path / "blobs", clamd=f"unix:{tmp_path}/nobody", scan_strict=True)
    await strict.open()
    assert (await strict.told_of(await strict.upload(masha, b"unseen"))).error == "file_unscanned"
    await strict.close()
    await database.close()
