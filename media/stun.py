"""STUN binding requests and answers for ICE-lite (RFC 8489, RFC 8445). Sends nothing and keeps no state.

Only what a lite agent needs: it reads requests, checks their integrity, and writes success responses. A request that is
not whole, not a binding request, or not signed by our password is ``None``: it costs a few microseconds and no answer.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass

MAGIC = 0x2112A442
HEADER_BYTES = 20
LONGEST_BYTES = 1_280
"""RFC 8489 §6.1: a request fits an IPv6 packet of 1,280 bytes; anything longer is no check of ours."""
BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
XOR_MAPPED_ADDRESS = 0x0020
PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028
ICE_CONTROLLING = 0x802A
FINGERPRINT_XOR = 0x5354554E
"""RFC 8489 §14.7: "STUN" in ASCII."""

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A whole binding request; ``username`` is ``<our ufrag>:<their ufrag>``. Its signature is not checked yet."""

    transaction: bytes
    username: str
    use_candidate: bool
    signed_bytes: int
    """Bytes before MESSAGE-INTEGRITY: what the signature covers."""
    signature: bytes
    raw: bytes

    @property
    def ufrag(self) -> str:
        """Our own part: RFC 8445 §7.2.2, the receiver's fragment stands first."""
        return self.username.partition(":")[0]

    def signed_by(self, password: bytes) -> bool:
        """RFC 8489 §14.5: HMAC-SHA1 over the message up to here, its length field counting this attribute."""
        covered = self.signed_bytes
        head = self.raw[:2] + struct.pack("!H", covered + 24 - HEADER_BYTES) + self.raw[4:covered]
        return hmac.compare_digest(hmac.digest(password, head, hashlib.sha1), self.signature)


def is_stun(first_byte: int) -> bool:
    """RFC 7983 §7: 0…3 is STUN."""
    return first_byte < 4


def parse_request(data: bytes) -> BindingRequest | None:
    """A binding request with a right FINGERPRINT, else None. Attributes after MESSAGE-INTEGRITY count for nothing."""
    if not HEADER_BYTES <= len(data) <= LONGEST_BYTES:
        return None
    kind, length, magic, transaction = _HEADER.unpack_from(data)
    if kind != BINDING_REQUEST or magic != MAGIC or length % 4 or HEADER_BYTES + length != len(data):
        return None
    username, use_candidate, signed, signature = "", False, 0, b""
    place, end, fingerprinted = HEADER_BYTES, len(data), False
    while place < end:
        if place + 4 > end or fingerprinted:
            return None
        name, size = _ATTRIBUTE.unpack_from(data, place)
        value = data[place + 4 : place + 4 + size]
        if len(value) != size:
            return None
        if name == FINGERPRINT:
            if size != 4 or struct.unpack("!I", value)[0] != fingerprint(data[:place]):
                return None
            fingerprinted = True
        elif not signed:
            if name == USERNAME:
                username = value.decode("ascii", "replace")
            elif name == USE_CANDIDATE:
                use_candidate = True
            elif name == MESSAGE_INTEGRITY:
                if size != 20:
                    return None
                signed, signature = place, value
        place += 4 + size + -size % 4
    if not (fingerprinted and signed and username):
        return None
    return BindingRequest(transaction, username, use_candidate, signed, signature, data)


def fingerprint(before: bytes) -> int:
    """RFC 8489 §14.7: CRC-32 over all before it, whose length field counts it already."""
    return (binascii.crc32(before) & 0xFFFFFFFF) ^ FINGERPRINT_XOR


def success(transaction: bytes, address: bytes, port: int, password: bytes) -> bytes:
    """A binding success response telling ``address`` (4 or 16 bytes) and ``port``, signed and fingerprinted."""
    mask = struct.pack("!I", MAGIC) + transaction
    mapped = struct.pack("!BBH", 0, 1 if len(address) == 4 else 2, port ^ (MAGIC >> 16))
    mapped += bytes(a ^ b for a, b in zip(address, mask, strict=False))
    return _seal(BINDING_SUCCESS, transaction, [(XOR_MAPPED_ADDRESS, mapped)], password)


def request(
    transaction: bytes, username: str, password: bytes, *, priority: int, tie_breaker: int, use_candidate: bool
) -> bytes:
    """A controlling agent's check, for our own headless participants and tests."""
    attributes = [
        (USERNAME, username.encode()),
        (PRIORITY, struct.pack("!I", priority)),
        (ICE_CONTROLLING, struct.pack("!Q", tie_breaker)),
    ]
    if use_candidate:
        attributes.append((USE_CANDIDATE, b""))
    return _seal(BINDING_REQUEST, transaction, attributes, password)


def _seal(kind: int, transaction: bytes, attributes: list[tuple[int, bytes]], password: bytes) -> bytes:
    body = b"".join(_ATTRIBUTE.pack(name, len(v)) + v + bytes(-len(v) % 4) for name, v in attributes)
    signed = _HEADER.pack(kind, len(body) + 24, MAGIC, transaction) + body
    body += _ATTRIBUTE.pack(MESSAGE_INTEGRITY, 20) + hmac.digest(password, signed, hashlib.sha1)
    whole = _HEADER.pack(kind, len(body) + 8, MAGIC, transaction) + body
    return whole + _ATTRIBUTE.pack(FINGERPRINT, 4) + struct.pack("!I", fingerprint(whole))
