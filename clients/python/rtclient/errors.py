"""What the client raises. Every refusal of the server carries its code from the server's one table."""

from __future__ import annotations

from collections.abc import Mapping


class ClientError(Exception):
    """Base of everything that this package raises on purpose."""


class Refused(ClientError):
    """The server said no. ``code`` is the machine's word; ``error`` is the whole error object of the wire."""

    def __init__(self, error: Mapping[str, object]) -> None:
        self.error = dict(error)
        self.code = str(error.get("code", "unknown"))
        self.retryable = bool(error.get("retryable", False))
        super().__init__(f"{self.code}: {error.get('message_en', '')}")

    @property
    def after_s(self) -> float:
        """Seconds that the server asks to wait before trying again; 0 when it names none."""
        seconds = self.error.get("seconds", 0)
        return float(seconds) if isinstance(seconds, int | float) else 0.0


class LinkLost(ClientError):
    """The connection is gone. Inside the package only: the client comes back by itself."""


class Ended(ClientError):
    """The client will not come back: it was closed, its session ended, or the server refuses it for good."""


class OutboxFull(ClientError):
    """Too many commands wait for an answer; nothing was sent."""


class Overrun(ClientError):
    """A reader of ``events()`` took too little for too long and has missed events; it must load its state anew."""


class StoreInUse(ClientError):
    """Another process holds this file; two clients with the same cursors would each miss what the other took."""
