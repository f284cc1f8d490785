"""The process that makes previews: ``python -m storage.previewing``, one file, then gone. Trusts no byte of that file.

It limits itself before it opens anything: processor seconds, memory, written bytes, open files. The file comes as its
standard input, so that no demuxer can follow names to other files; FFmpeg is told one container and no protocol.
Standard output is one JSON object; previews are WebP. A broken or hostile file ends this process and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import math
import resource
import sys
from pathlib import Path
from typing import Any

SIDES_PX = {"small": 320, "large": 1600}
"""A tile of an album at twice its size; a picture that fills a screen."""
QUALITY = 78
BARS = 64
VOICE_S = 900
"""Longest voice message (experience 4.5); of longer sound the beginning makes the waveform."""
WRITTEN_BYTES = 8 << 20
CONTAINERS = {
    "video/mp4": "mp4",
    "video/quicktime": "mp4",
    "audio/mp4": "mp4",
    "video/webm": "matroska",
    "audio/webm": "matroska",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/aac": "aac",
}
PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}


def limit(cpu_s: int, memory_bytes: int) -> None:
    for what, most in (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def save(picture: Any, small: str, large: str) -> None:
    """Both sizes, never larger than the picture itself, without any of its metadata."""
    from PIL import Image  # noqa: PLC0415 - after the limits

    plain = picture.convert("RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB")
    for path, side in ((large, SIDES_PX["large"]), (small, SIDES_PX["small"])):
        plain.thumbnail((side, side), Image.Resampling.LANCZOS)
        plain.save(path, "WEBP", quality=QUALITY, method=4)


def picture_facts(file: Any, name: str, pixels: int, small: str, large: str) -> dict[str, Any]:
    from PIL import Image, ImageOps  # noqa: PLC0415 - after the limits

    with Image.open(file, formats=[PICTURES[name]]) as picture:
        if picture.width * picture.height > pixels:
            return {"width": picture.width, "height": picture.height}
        side = SIDES_PX["large"]
        picture.draft("RGB", (side, side))  # JPEG alone: decodes at a fraction of the size
        width, height = picture.size
        upright = ImageOps.exif_transpose(picture)
        if upright.size == (height, width) and width != height:
            width, height = height, width
        save(upright, small, large)
        return {"width": width, "height": height, "previews": True}


def media_facts(file: Any, name: str, pixels: int, small: str, large: str) -> dict[str, Any]:
    """Duration of sound and video; a poster of the one, a waveform of the other."""
    import av  # noqa: PLC0415 - after the limits

    facts: dict[str, Any] = {}
    options = {"protocol_whitelist": "", "enable_drefs": "0", "use_absolute_path": "0"}
    with av.open(file, "r", format=CONTAINERS[name], container_options=options) as container:
        if container.duration:
            facts["duration_ms"] = int(container.duration // 1000)
        if container.streams.video:
            facts["kind"] = "video"
            stream = container.streams.video[0]
            stream.thread_count = 1
            facts |= {"width": stream.width, "height": stream.height}
            if 0 < stream.width * stream.height <= pixels:
                with contextlib.suppress(av.FFmpegError):
                    frame = next(container.decode(stream))
                    save(frame.to_image(), small, large)
                    facts["previews"] = True
        elif container.streams.audio:
            facts["kind"] = "audio"
            facts |= sound_facts(container)
    return facts


def sound_facts(container: Any) -> dict[str, Any]:
    """Loudness of ``BARS`` equal stretches, 0 to 255 relative to the loudest; the duration where no header has it."""
    import av  # noqa: PLC0415 - after the limits

    rate = 8_000
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    blocks: list[float] = []
    seconds = 0.0
    window = rate // 20  # 50 ms
    rest = b""
    for frame in container.decode(audio=0):
        for plain in resampler.resample(frame):
            rest += bytes(plain.planes[0])[: plain.samples * 2]
            seconds += plain.samples / rate
        while len(rest) >= window * 2:
            samples = memoryview(rest[: window * 2]).cast("h")
            blocks.append(math.sqrt(sum(one * one for one in samples) / window))
            rest = rest[window * 2 :]
        if seconds >= VOICE_S:
            break
    facts: dict[str, Any] = {}
    if not container.duration or container.duration < 0:
        facts["duration_ms"] = int(seconds * 1000)
    if blocks:
        bars = [
            max(blocks[at * len(blocks) // BARS : max(at * len(blocks) // BARS + 1, (at + 1) * len(blocks) // BARS)])
            for at in range(BARS)
        ]
        loudest = max(bars) or 1.0
        facts["waveform"] = [round(255 * bar / loudest) for bar in bars]
    return facts


def main() -> None:
    asked = json.loads(sys.argv[1])
    limit(asked["cpu_s"], asked["memory_bytes"])
    make = picture_facts if asked["name"] in PICTURES else media_facts
    facts = make(sys.stdin.buffer, asked["name"], asked["pixels"], asked["small"], asked["large"])
    if facts.get("previews"):
        facts["previews"] = all(Path(asked[size]).stat().st_size > 0 for size in SIDES_PX)
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
