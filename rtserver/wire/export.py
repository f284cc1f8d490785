"""Writes the reference of docs/PROTOCOL.md and rtclient's calls; ``--check`` fails when stale. Invents nothing."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as shapes

from .errors import ERRORS
from .export_python import CALLS, calls
from .registry import COMMANDS, EVENTS

PROTOCOL = Path(__file__).parents[2] / "docs" / "PROTOCOL.md"
BEGIN = "<!-- generated from rtserver/wire: do not edit below -->"


def reference() -> str:
    """Markdown of every command, event, value and error."""
    values: dict[str, type] = {}
    parts = [BEGIN, "", "## Commands", ""]
    for name, (command, result) in COMMANDS.items():
        parts += [f"### `{name}`", "", *_about(command), *_fields(command, values)]
        parts += ["Answer, beside `ok`:" if result.__struct_fields__ else "Answer: `ok` alone.", ""]
        parts += _fields(result, values)
    parts += ["## Events", ""]
    for name, event in EVENTS.items():
        parts += [f"### `{name}`", "", *_about(event), *_fields(event, values)]
    parts += ["## Values", ""]
    done: set[str] = set()
    while set(values) - done:
        for name in sorted(set(values) - done):
            done.add(name)
            parts += [f"### {name}", "", *_about(values[name]), *_fields(values[name], values)]
    parts += ["## Errors", "", "| code | HTTP | retry helps | who can mend it | text |", "|---|---|---|---|---|"]
    for code, spec in ERRORS.items():
        again = "yes" if spec.retryable else "no"
        parts.append(f"| `{code}` | {spec.status} | {again} | {spec.mender} | {spec.ru} / {spec.en} |")
    return "\n".join(parts) + "\n"


def _about(struct: type) -> list[str]:
    own = struct.__doc__ if "__doc__" in vars(struct) else None
    return [*(inspect.cleandoc(own).split("\n")), ""] if own else []


def _fields(struct: type, values: dict[str, type]) -> list[str]:
    info = shapes.type_info(struct)
    assert isinstance(info, shapes.StructType)
    if not info.fields:
        return []
    rows = ["| field | type | default |", "|---|---|---|"]
    for field in info.fields:
        default: Any = field.default
        if default is msgspec.NODEFAULT:
            default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else None
            shown = "" if field.required else f"`{default!r}`"
        else:
            shown = f"`{default!r}`"
        rows.append(f"| `{field.encode_name}` | {_type(field.type, values)} | {shown} |")
    return [*rows, ""]


def _type(info: shapes.Type, values: dict[str, type]) -> str:
    match info:
        case shapes.Metadata():
            about = (info.extra_json_schema or {}).get("description")
            return _type(info.type, values) + (f" ({about})" if about else "")
        case shapes.StructType():
            values.setdefault(info.cls.__name__, info.cls) if info.cls not in EVENTS.values() else None
            return info.cls.__name__
        case shapes.ListType():
            return f"list of {_type(info.item_type, values)}{_bounds(info.min_length, info.max_length, 'items')}"
        case shapes.UnionType():
            return " or ".join(_type(one, values) for one in info.types)
        case shapes.LiteralType():
            return " or ".join(f"`{one}`" for one in _sorted(info.values))
        case shapes.StrType():
            return (
                "text"
                + (f" `{info.pattern}`" if info.pattern else "")
                + _bounds(info.min_length, info.max_length, "characters")
            )
        case shapes.IntType():
            return "number" + (f", {info.ge} or more" if info.ge is not None else "")
        case shapes.BoolType():
            return "true or false"
        case shapes.NoneType():
            return "null"
    raise TypeError(f"a type the reference cannot name: {info}")


def _sorted(values: Iterable[Any]) -> list[Any]:
    return sorted(values, key=str)


def _bounds(low: int | None, high: int | None, unit: str) -> str:
    if low is None and high is None:
        return ""
    return f", {'' if low is None else low}…{'' if high is None else high} {unit}".rstrip()


def main(arguments: list[str]) -> int:
    text = PROTOCOL.read_text(encoding="utf-8")
    fresh = text.partition(BEGIN)[0] + reference()
    if "--check" in arguments:
        if text != fresh or CALLS.read_text(encoding="utf-8") != calls():
            print("docs/PROTOCOL.md or rtclient/calls.py is stale: python -m rtserver.wire.export")
            return 1
        return 0
    PROTOCOL.write_text(fresh, encoding="utf-8")
    CALLS.write_text(calls(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
