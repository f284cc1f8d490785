"""The worker's process: opens its port, keeps one channel to signaling, and obeys. No database, no HTTP.

Without signaling there are no calls: when the channel ends they end, and a new one begins with none. A worker that is a
child ends with its parent; one on another machine goes on trying.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from dataclasses import dataclass, field

import ifaddr
import msgspec

from . import control as c
from .plane.plain import bind
from .port import Port
from .sfu import Sfu, SfuSettings

log = logging.getLogger(__name__)

AGAIN_S = 0.2
WAITING_BYTES = 8_388_608
"""Notices that wait for signaling; beyond that the channel is cut and begins anew."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """``control`` is ``unix:/path`` or ``tcp:host:port``; ``key`` is shared with signaling."""

    control: str
    key: bytes
    name: str
    port: int
    listen: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    plain: bool = False
    sfu: SfuSettings = field(default_factory=SfuSettings)


def own_addresses() -> list[str]:
    """Every address of this machine that can be bound, loopback last; link-local IPv6 left out."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            address = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            if not address.lower().startswith("fe80") and address not in found and _can_bind(address):
                found.append(address)
    return sorted(found, key=lambda one: one.startswith("127.") or one == "::1")


def _can_bind(address: str) -> bool:
    """An address may be there and not yet usable (IPv6 is tentative for a second)."""
    try:
        bind(address, 0, socket.SOCK_DGRAM).close()
    except OSError:
        return False
    return True


async def run(settings: WorkerSettings) -> None:
    """Until SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    channel = _Channel()
    port = Port(settings.listen or own_addresses(), settings.port, settings.public, plain=settings.plain)
    sfu = Sfu(port, settings.sfu, channel.tell)
    sfu.start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)  # packets make no cycles; a full collection in between would be 30 ms of delay
    log.info("media worker listens", extra={"port": port.number})
    talking = loop.create_task(_talk(settings, port, sfu, channel), name="control")
    try:
        await stop.wait()
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        await sfu.close()


class _Channel:
    """The way to signaling, while there is one."""

    def __init__(self) -> None:
        self.writer: asyncio.StreamWriter | None = None

    def tell(self, message: msgspec.Struct) -> None:
        writer = self.writer
        if writer is None:
            return
        if writer.transport.get_write_buffer_size() > WAITING_BYTES:
            writer.transport.abort()
            self.writer = None
            return
        writer.write(c.frame(message))


async def _talk(settings: WorkerSettings, port: Port, sfu: Sfu, channel: _Channel) -> None:
    while True:
        try:
            reader, writer = await _open(settings.control)
        except OSError:
            await asyncio.sleep(AGAIN_S)
            continue
        try:
            challenge = await c.read_frame(reader)
            hello = c.Hello(
                version=c.VERSION, worker=settings.name, proof=c.proof(settings.key, challenge), port=port.number
            )
            writer.write(c.frame(hello))
            channel.writer = writer
            while True:
                channel.tell(sfu.obey(c.from_signaling.decode(await c.read_frame(reader))))
        except (ConnectionError, OSError, msgspec.DecodeError) as error:
            log.warning("control channel ended", extra={"reason": type(error).__name__})
        finally:
            channel.writer = None
            sfu.clear()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        await asyncio.sleep(AGAIN_S)


async def _open(control: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, _, rest = control.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(rest)
    host, _, number = rest.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(number))
    made = writer.get_extra_info("socket")
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return reader, writer
