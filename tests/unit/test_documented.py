"""The build fails on an undocumented setting, event, command, metric or error code (house rule 31)."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rtserver.app import Server
from rtserver.config import ConfigError, Settings, load
from rtserver.wire.errors import ERRORS
from rtserver.wire.registry import COMMANDS, EVENTS
from tests.requirements_table import declared

ROOT = Path(__file__).parents[2]
CONFIG = (ROOT / "config.toml").read_text(encoding="utf-8")
KEYS = [(section, key) for section, values in tomllib.loads(CONFIG).items() for key in values]


async def test_every_metric_is_documented_and_no_other(tmp_path: Path) -> None:
    """E-13: names, types and labels of docs/METRICS.md are those that a server really shows."""
    server = Server(load(None, {"RT_STORAGE__DATABASE": f"sqlite:///{tmp_path}/rt.db"}))
    shown = set()
    for family in server.metrics.registry.collect():
        labels = next(
            (c._labelnames for c in vars(server.metrics).values() if getattr(c, "_name", "") == family.name), ()
        )
        shown.add((family.name, family.type, tuple(labels)))
        assert family.documentation
    await server.database.close()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*)\|", (ROOT / "docs/METRICS.md").read_text(), re.MULTILINE)
    assert {(name, kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows} == shown


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_every_setting_says_what_it_is(section: str, key: str) -> None:
    """House rule 35: a comment of its own above each key; a number's comment names its unit unless the key does; the
    default in the file is the default in the code.
    """
    lines = CONFIG[CONFIG.index(f"[{section}]") :].splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{key} ="))
    comment: list[str] = []
    while lines[at - 1 - len(comment)].startswith("# "):
        comment.insert(0, lines[at - 1 - len(comment)][2:])
    text = " ".join(comment)
    assert len(text.split()) >= 4, f"[{section}] {key}: too short a comment: {text!r}"
    value = tomllib.loads(CONFIG)[section][key]
    if isinstance(value, int | float) and not isinstance(value, bool):
        unit = re.search(r"_(s|ms|bytes|chars|port)\b", key) or re.search(
            r"seconds|milliseconds|bytes|characters|port|connections|commands|messages|reactions|members|entries|days"
            r"|events|files|people|times|minutes|hours|pixels|codes|tries|sessions|links|rows|lines|percent|bits|accounts",
            text,
            re.IGNORECASE,
        )
        assert unit, f"[{section}] {key}: no unit: {text!r}"
    defaults = msgspec.to_builtins(Settings())
    assert defaults[section][key] == value


def others(section: str, key: str, value: Any) -> list[Any]:
    """Allowed values of a setting that are not its default."""
    shape = msgspec.inspect.type_info(getattr(Settings(), section).__class__)
    assert isinstance(shape, msgspec.inspect.StructType)
    kind = next(field.type for field in shape.fields if field.name == key)
    if isinstance(kind, msgspec.inspect.LiteralType):
        return [one for one in kind.values if one != value]
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1]
        case str() if section == "apps":
            return ["https://apps.example/x"]
        case str():
            return [value + "x"]
        case list():
            return [["https://school.example"]]
        case dict():
            return [{"Authorization": "Bearer x"}]
    raise AssertionError(f"a setting of a new kind: {value!r}")


def toml_of(value: Any) -> str:
    """A value as TOML: JSON but for tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {json.dumps(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_the_environment_overrides_every_setting(section: str, key: str) -> None:
    """House rule 35: RT_<SECTION>__<KEY>, with the file's own value and an unknown neighbour refused."""
    value = tomllib.loads(CONFIG)[section][key]
    name = f"RT_{section.upper()}__{key.upper()}"
    for other in others(section, key, value):
        loaded = msgspec.to_builtins(load(None, {name: toml_of(other)}))
        assert loaded[section][key] == other != value
    with pytest.raises(ConfigError, match=f"{key}_typo"):
        load(None, {f"{name}_TYPO": "1"})


def test_every_command_event_and_code_stands_in_the_protocol() -> None:
    """House rule 31: the reference names them all."""
    text = (ROOT / "docs/PROTOCOL.md").read_text(encoding="utf-8")
    for name in (*COMMANDS, *EVENTS):
        assert f"### `{name}`" in text, name
    for code in ERRORS:
        assert f"| `{code}` |" in text, code


def test_requirements_are_numbered_without_holes() -> None:
    """The contract: 20 decisions, 106 requirements of the guide, 17 expected beyond it; each once."""
    wanted = [*(f"D{n}" for n in range(1, 21)), *(f"R-{n}" for n in range(1, 107)), *(f"E-{n}" for n in range(1, 18))]
    assert list(declared()) == wanted
