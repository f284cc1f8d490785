"""Whose address a request comes from, and whether it came by TLS: pure. Believes no header of a stranger.

Only peers inside ``trusted_proxies`` may speak for others; from the right of ``X-Forwarded-For`` the first address
that is no trusted proxy is the client's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from multidict import MultiMapping

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
"""A request with one of these came through something: doors for this machine alone do not exist for it."""


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Raises ``ValueError`` for what is no network."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def is_inside(address: str, within: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed.version == network.version and parsed in network for network in within)


def client_address(peer: str, headers: Mapping[str, str], trusted: Sequence[Network]) -> str:
    """The address that limits count: the peer's own unless a trusted proxy names another."""
    if not is_inside(peer, trusted):
        return peer
    for address in reversed(_listed(headers, "X-Forwarded-For")):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            break
        if not is_inside(address, trusted):
            return address
    return peer


def is_secure(peer: str, scheme: str, headers: Mapping[str, str], trusted: Sequence[Network]) -> bool:
    """Whether the browser's own connection is TLS."""
    if scheme == "https":
        return True
    return is_inside(peer, trusted) and _listed(headers, "X-Forwarded-Proto")[-1:] == ["https"]


def _listed(headers: Mapping[str, str], name: str) -> list[str]:
    """Values in the order of the hops. Some proxies add a line of their own instead of going on with the client's (RFC
    9110 §5.3): its last value alone is what the nearest proxy says.
    """
    lines = headers.getall(name, []) if isinstance(headers, MultiMapping) else [headers.get(name, "")]
    return [one.strip().lower() for line in lines for one in line.split(",")]


def is_foreign(
    method: str, headers: Mapping[str, str], host: str, origins: Sequence[str], *, secure: bool = False
) -> bool:
    """CSRF: whether a page of another site sent this changing request (Fetch Metadata first, Origin for old browsers).
    Under TLS the same name without TLS is another site, too: whoever sits on the line can write its pages.

    Programs send neither header; they carry no cookie that a page could misuse.
    """
    if method in {"GET", "HEAD", "OPTIONS"}:
        return False
    origin = headers.get("Origin")
    if origin is not None and origin in origins:
        return False
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        return True
    if origin is None:
        return False
    scheme, _, name = origin.partition("://")
    return name != host or (secure and scheme != "https")


def is_own_host(host_header: str, names: Sequence[str] = ()) -> bool:
    """Whether a door of this machine was called by its own name: a page whose name was rebound to 127.0.0.1 (DNS
    rebinding) still sends its own.
    """
    host = host_header.rsplit(":", 1)[0].strip("[]")
    if host == "localhost" or host in names:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def limit_key(address: str) -> str:
    """What limits count as one address: an IPv4 address, or the /64 of IPv6 that one line gets."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and not parsed.ipv4_mapped:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed.ipv4_mapped) if parsed.version == 6 and parsed.ipv4_mapped else str(parsed)
