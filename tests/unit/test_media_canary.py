"""The privates of aiortc and pylibsrtp that the SFU touches are still there: this breaks first when one moves."""

from __future__ import annotations

import asyncio

from media import rtp
from media.dtls import PROFILES, Certificate, Dtls
from media.srtp import TRAILER_BYTES, Guard, ffi


async def test_two_ends_agree_on_aes_128_gcm_and_open_each_others_packets() -> None:
    """Media: DTLS by aiortc over any way of sending, SRTP in place, the fastest profile first."""
    assert PROFILES[0].openssl_profile == b"SRTP_AEAD_AES_128_GCM"
    ends: dict[str, Dtls] = {}
    guards: dict[str, tuple[Guard, Guard]] = {}
    ready = asyncio.Event()
    certificates = {"server": Certificate(), "client": Certificate()}

    def connected(name: str, outgoing: Guard, incoming: Guard) -> None:
        guards[name] = (outgoing, incoming)
        if len(guards) == 2:
            ready.set()

    for name, other in (("server", "client"), ("client", "server")):
        ends[name] = Dtls(
            certificates[name],
            lambda data, other=other: ends[other].feed(data),
            lambda out, into, name=name: connected(name, out, into),
            lambda: None,
            client=name == "client",
        )
    for name, other in (("server", "client"), ("client", "server")):
        ends[name].start([("sha-256", certificates[other].fingerprint)])
    async with asyncio.timeout(10):
        await ready.wait()
    packet = rtp.build(96, 5, 6, 7, b"payload" * 200)
    buffer = ffi.new("char[]", len(packet) + TRAILER_BYTES)
    ffi.memmove(buffer, packet, len(packet))
    sealed = guards["server"][0].protect(buffer, len(packet))
    assert sealed == len(packet) + 16
    assert guards["client"][1].unprotect(buffer, sealed) == len(packet)
    assert bytes(ffi.buffer(buffer, len(packet))) == packet
    assert guards["client"][1].unprotect(buffer, sealed) == -1
    for end in ends.values():
        await end.close()
