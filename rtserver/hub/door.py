"""What is kept of the HTTP request that opened a connection, and whose token counts. Touches no socket and no database.

The request itself is dropped: with its headers it would cost several KiB for as long as the connection lives.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass

from aiohttp import web

from rtserver.wire.errors import AppError

COOKIES = ("__Host-rt_session", "rt_session")
SECURE = web.RequestKey("secure", bool)
"""Set by ``routes.public.edge``: whether the browser's own connection is TLS, also when a trusted proxy ends it."""


def session_cookie(request: web.Request, *, secure: bool) -> str:
    """The session's token, ``""`` without one. Under TLS the ``__Host-`` name alone counts: a neighbour host or a page
    without TLS can plant the other one (RFC 6265bis §4.1.3.2), and so log a browser in as somebody else.
    """
    return request.cookies.get(COOKIES[0] if secure else COOKIES[1], "")


@dataclass(frozen=True, slots=True)
class Door:
    """``cookie`` is the session token of the request's cookie, ``""`` without one; ``origin`` None without header."""

    cookie: str
    host: str
    origin: str | None

    @classmethod
    def of(cls, request: web.Request) -> Door:
        """Hosts and origins are few: one string serves all connections that share it."""
        origin = request.headers.get("Origin")
        return cls(
            session_cookie(request, secure=request.get(SECURE, request.secure)),
            sys.intern(str(request.host)),
            None if origin is None else sys.intern(str(origin)),
        )

    def token(self, origins: Collection[str]) -> str:
        """The cookie's token; a page of another site may not use it (architecture §3).

        Raises ``AppError`` ``forbidden_origin``; ``origins`` are those allowed beside the server's own.
        """
        if self.cookie and self.origin is not None:
            own = self.origin.partition("://")[2] == self.host
            if not own and self.origin not in origins:
                raise AppError("forbidden_origin")
        return self.cookie
