"""Janus as the peer of the benchmark: Debian's package, a config folder of its own, one event loop, VP8.

Its libsrtp is Debian's (on NSS, slower than one on OpenSSL): the figures say so. It listens on this machine's first
address that is not loopback, since it leaves loopback out.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from rtclient.headless import descriptions as said
from rtclient.headless.endpoint import Endpoint
from rtclient.headless.participant import address_of

from media import rtp, sdp
from media.worker import own_addresses
from tests.bench.media.crowd import CERTIFICATE, Source
from tests.bench.media.ours import SERVER_CORE

ROOM = 1234
JANUS = """general: {{
  configs_folder = "{folder}"
  debug_level = 2
  session_timeout = 0
  event_loops = 1
  protected_folders = []
}}
nat: {{
  ice_lite = false
  ice_tcp = false
  full_trickle = false
  ice_enforce_list = "{address}"
}}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "libjanus_http.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_mqtt.so,libjanus_nanomsg.so" }}
"""  # noqa: E501 - a configuration of another's
PLUGINS = "audiobridge echotest recordplay sip nosip streaming textroom videocall voicemail lua duktape"
WEBSOCKETS = 'general: {{ json = "plain", ws = true, ws_port = {port}, ws_ip = "127.0.0.1", wss = false }}\n'
VIDEOROOM = f'room-{ROOM}: {{ publishers = 60, bitrate = 0, videocodec = "vp8", fir_freq = 0 }}\n'


class Ears:
    """Counts what comes; Janus controls no rate towards receivers, so there is nothing to tell."""

    def __init__(self) -> None:
        self.endpoint = Endpoint(CERTIFICATE, self, _address())
        self.connected = asyncio.Event()
        self.packets = 0

    def answer(self, text: str) -> str:
        offered = sdp.parse(text)
        connection = self.endpoint.connection
        self.endpoint.open(offered.ufrag, offered.password, offered.fingerprints, address_of(text))
        lines = said.answer(offered, connection.ufrag, connection.password, self.endpoint.fingerprint).splitlines()
        out, sections = [], iter(offered.sections)
        for line in lines:
            out.append(line)
            if line.startswith("m="):
                section = next(sections)
                more = [f"a=rtpmap:{c.payload_type} {c.name.upper()}/{c.clock_hz}" for c in section.codecs.values()]
                out += ["c=IN IP4 0.0.0.0", *more, *_candidate(self.endpoint)]
        return "\r\n".join(line for n, line in enumerate(out) if not (line.startswith("c=") and out[n - 1][:2] != "m="))

    def on_rtp(self, data: memoryview, size: int, now_s: float) -> None:
        if rtp.parse(data, size) is not None:
            self.packets += 1

    def on_rtcp(self, data: bytes, now_s: float) -> None:
        """Sender reports."""

    def feedback(self, now_s: float) -> None:
        """Nothing to tell."""

    def on_connected(self) -> None:
        self.connected.set()

    def on_closed(self) -> None:
        """Janus has ended it."""


class Room:
    """Janus's room by its websocket."""

    def __init__(self, process: psutil.Process, channel: aiohttp.ClientWebSocketResponse) -> None:
        self.process = process
        self._channel = channel
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._session = 0

    def cpu_s(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system

    async def listen(self) -> None:
        async for message in self._channel:
            row = message.json()
            future = self._waiting.get(row.get("transaction", ""))
            if future is not None and not future.done() and row["janus"] != "ack":
                future.set_result(row)

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        transaction = str(next(self._numbers))
        future = self._waiting[transaction] = asyncio.get_running_loop().create_future()
        more = {"session_id": self._session} if self._session else {}
        await self._channel.send_json({"janus": kind, "transaction": transaction, **more, **fields})
        async with asyncio.timeout(20):
            row = await future
        assert row["janus"] in {"success", "event"}, row
        return row

    async def attach(self) -> int:
        if not self._session:
            self._session = (await self.ask("create"))["data"]["id"]
        row = await self.ask("attach", plugin="janus.plugin.videoroom")
        handle: int = row["data"]["id"]
        return handle

    async def say(self, handle: int, body: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return await self.ask("message", handle_id=handle, body=body, **more)

    async def fan(self, names: list[str], receivers: int) -> tuple[list[Ears], list[Source]]:
        feeds, sources, ears = [], [], []
        for n, name in enumerate(names):
            handle = await self.attach()
            feeds.append(1_000 + n)
            await self.say(
                handle, {"request": "join", "ptype": "publisher", "room": ROOM, "id": feeds[-1], "display": name}
            )
            source = Source(("f",))
            source.endpoint = Endpoint(CERTIFICATE, source, _address())
            row = await self.say(handle, {"request": "publish"}, jsep={"type": "offer", "sdp": _offer(source)})
            source.answered(row["jsep"]["sdp"])
            sources.append(source)
        await asyncio.gather(*(source.connected.wait() for source in sources))
        for _ in range(receivers):
            handle = await self.attach()
            row = await self.say(
                handle,
                {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": feed} for feed in feeds]},
            )
            one = Ears()
            ears.append(one)
            await self.say(handle, {"request": "start"}, jsep={"type": "answer", "sdp": one.answer(row["jsep"]["sdp"])})
        await asyncio.gather(*(one.connected.wait() for one in ears))
        return ears, sources


def _offer(source: Source) -> str:
    """One VP8 stream; we open DTLS (Janus would otherwise)."""
    connection = source.endpoint.connection
    text = said.offer(connection.ufrag, connection.password, source.endpoint.fingerprint, ("f",))
    head, _, video = text.partition("m=video")
    session = head[: head.index("m=audio")].replace("BUNDLE 0 1", "BUNDLE 1")
    lines = [
        line for line in f"m=video{video}".splitlines() if not {"rid", "simulcast", "stream-id"} & set(_words(line))
    ]
    lines += _candidate(source.endpoint)
    ssrc = source._ssrcs["f"]
    lines += [f"a=ssrc:{ssrc} cname:bench", f"a=ssrc:{ssrc} msid:bench bench"]
    return session + "\r\n".join(lines).replace("actpass", "active") + "\r\n"


def _words(line: str) -> list[str]:
    return line.replace("rtp-stream-id", "stream-id").replace("repaired-", "").replace("=", ":").split(":")


def _candidate(endpoint: Endpoint) -> list[str]:
    """Its ICE begins only with a candidate of ours."""
    address, port = endpoint.address
    return [f"a=candidate:1 1 udp 2130706431 {address} {port} typ host", "a=end-of-candidates"]


def _address() -> str:
    return next(one for one in own_addresses() if ":" not in one and not one.startswith("127."))


@asynccontextmanager
async def janus() -> AsyncIterator[Room]:
    path = shutil.which("janus")
    if path is None:
        raise SystemExit("janus is not installed: apt-get install janus, or --without-janus")
    with tempfile.TemporaryDirectory(prefix="janus-") as home, socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
        found.close()
        folder = Path(home)
        plugins = ",".join(f"libjanus_{name}.so" for name in PLUGINS.split())
        (folder / "janus.jcfg").write_text(JANUS.format(folder=home, address=_address(), plugins=plugins))
        (folder / "janus.transport.websockets.jcfg").write_text(WEBSOCKETS.format(port=port))
        (folder / "janus.plugin.videoroom.jcfg").write_text(VIDEOROOM)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(  # noqa: ASYNC220 - it starts once, before anything is measured
                ["taskset", "-c", str(SERVER_CORE), path, "-F", home, "-C", str(folder / "janus.jcfg")],
                stdout=log,
                stderr=log,
            )
        try:
            async with aiohttp.ClientSession() as http:
                channel = await _channel(http, port, folder)
                room = Room(psutil.Process(process.pid), channel)
                listening = asyncio.get_running_loop().create_task(room.listen())
                yield room
                listening.cancel()
                await channel.close()
        finally:
            process.terminate()
            process.wait()


async def _channel(http: aiohttp.ClientSession, port: int, folder: Path) -> aiohttp.ClientWebSocketResponse:
    for _ in range(100):
        try:
            return await http.ws_connect(f"http://127.0.0.1:{port}/", protocols=("janus-protocol",))
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)
    raise SystemExit((folder / "log").read_text())
