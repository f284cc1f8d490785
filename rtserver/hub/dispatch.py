"""From an event name and its payload to an answer: decode, limit, handle, translate. The one edge for exceptions."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rtserver.actor import Actor, Handler
from rtserver.wire.chat import Command
from rtserver.wire.decoding import decoding_refusal
from rtserver.wire.errors import AppError, wire_error
from rtserver.wire.registry import COMMANDS

from .limits import Buckets

log = logging.getLogger("rtserver.command")


class Dispatcher:
    """Binds command names to handlers. ``observe(name, code, seconds)`` is told of every command."""

    def __init__(
        self,
        handlers: Mapping[type[Command], Handler],
        buckets: Buckets,
        clock: Callable[[], int],
        support: str,
        observe: Callable[[str, str, float], None] = lambda name, code, seconds: None,
    ) -> None:
        self._handlers = {name: (spec.command, handlers[spec.command]) for name, spec in COMMANDS.items()}
        self._buckets = buckets
        self._clock = clock
        self._support = support
        self._observe = observe

    async def answer(self, actor: Actor, name: str, payload: object) -> dict[str, Any]:
        """The acknowledgement: ``{"ok": true, …}`` or ``{"ok": false, "error": {…}}``; never raises."""
        started = time.perf_counter()
        code = "ok"
        about: dict[str, str] = {}
        try:
            result = await self._run(actor, name, payload, about)
            return {"ok": True, **msgspec.structs.asdict(result)}
        except AppError as refusal:
            code = refusal.code
            return {"ok": False, "error": wire_error(refusal)}
        except Exception:
            code = "unknown"
            incident = secrets.token_hex(4)
            log.exception("command failed", extra={"command": _known(name), "incident": incident})
            return {"ok": False, "error": wire_error(AppError("unknown", id=incident, support=self._support))}
        finally:
            seconds = time.perf_counter() - started
            self._observe(_known(name), code, seconds)
            if log.isEnabledFor(logging.INFO):
                ms = round(seconds * 1000, 2)
                fields = {"command": _known(name), "code": code, "account": actor.account, "ms": ms, **about}
                log.info("command", extra=fields)

    async def _run(self, actor: Actor, name: str, payload: object, about: dict[str, str]) -> msgspec.Struct:
        """``about`` gets the ids that the log names: of a command that could be read, so they are ids indeed."""
        bound = self._handlers.get(name)
        wait_ms = self._buckets.take(actor.account, name if bound else "", self._clock())
        if wait_ms:
            raise AppError("rate_limited", seconds=-(-wait_ms // 1000))
        if bound is None:
            raise AppError("unknown_command")
        struct, handler = bound
        try:
            command = msgspec.convert({} if payload is None else payload, struct)
        except msgspec.ValidationError as error:
            raise decoding_refusal(str(error)) from None
        about.update((key, value) for key in ("chat", "call") if isinstance(value := getattr(command, key, None), str))
        return await handler(actor, command)


def _known(name: str) -> str:
    """A name that may stand in a log or a metric: a client's own invention may not."""
    return name if name in COMMANDS else "?"
