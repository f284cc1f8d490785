"""Structured logs: one JSON object a line, or columns on a terminal. What could hold somebody's words is left out.

Lines are made from constant messages and named fields of ``FIELDS``; an exception is its type and where it happened,
never its text, which may quote a message or a name; foreign libraries' messages lose their arguments.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

FIELDS = frozenset(
    {
        "account", "call", "channel", "chat", "child", "code", "command", "count", "door", "exit", "incident", "ms",
        "pid", "port", "reason", "rows", "status", "tries",
    }
)  # fmt: skip
"""What a line may carry beside its message: ids and numbers (house rule 36)."""
OWN = ("rtserver", "storage", "media", "signaling")
Format = Literal["auto", "json", "console"]
Level = Literal["debug", "info", "warning", "error"]

_json = msgspec.json.Encoder().encode


def set_up(level: Level, format: Format, stream: IO[str] | None = None) -> None:
    """Send the root logger's records to ``stream`` (stderr); replaces what was set up before."""
    out = sys.stderr if stream is None else stream
    console = format == "console" or (format == "auto" and out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_plain],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(console)],
        )
    )
    handler.handleError = lambda record: None  # type: ignore[method-assign] # a full disk must not stop a school
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # tells of every start that nothing was to do


def _renderer(console: bool) -> Processor:
    if console:
        return structlog.dev.ConsoleRenderer(colors=True, pad_event_to=24)
    return structlog.processors.JSONRenderer(serializer=lambda value, **_: _json(value).decode())


def _plain(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The line of one record: time, level, logger, constant message, allowed fields, place of an exception."""
    record: logging.LogRecord = event["_record"]
    values = vars(record)
    own = record.name.partition(".")[0] in OWN
    line: EventDict = {
        "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        # our own arguments are numbers and type names; others' may be anything, and asyncio's later lines quote reprs
        "event": record.getMessage() if own else str(record.msg).partition("\n")[0][:200],
        **{name: values[name] for name in values.keys() & FIELDS},
    }
    if record.exc_info and record.exc_info[0] is not None:
        line["error"] = record.exc_info[0].__name__
        line["at"] = places(record.exc_info[1])
    record.exc_info = record.exc_text = None
    return {**line, "_record": record, "_from_structlog": False}


def places(error: BaseException | None) -> list[str]:
    """Where an exception went through, innermost last: ``file.py:line function``. Never its text or its values."""
    if error is None:
        return []
    frames: list[Any] = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]
