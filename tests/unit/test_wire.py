"""The wire says everything once, in both languages, and refuses what it does not know."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from rtserver.config import ConfigError, Settings, load
from rtserver.wire.errors import ERRORS, AppError, wire_error
from rtserver.wire.registry import COMMANDS, EVENTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_speaks_both_languages(code: str) -> None:
    """E-15."""
    spec = ERRORS[code]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert re.search("[а-яё]", spec.ru)
    assert not re.search("[а-яё]", spec.en)
    assert set(re.findall(r"{(\w+)}", spec.ru)) == set(re.findall(r"{(\w+)}", spec.en))
    assert wire_error(AppError(code))["code"] == code


def test_every_raised_code_stands_in_the_table() -> None:
    """House rule 11."""
    raised = {
        code
        for folder in ("rtserver", "storage")
        for path in (ROOT / folder).rglob("*.py")
        for code in re.findall(r'AppError\(\s*"(\w+)"', path.read_text())
    }
    assert raised <= ERRORS.keys()
    assert len(raised) > 20


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_refuse_unknown_fields(name: str) -> None:
    """Architecture §3: unknown fields are refused in commands."""
    assert COMMANDS[name].command.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("name", EVENTS)
def test_events_carry_their_name(name: str) -> None:
    config = EVENTS[name].__struct_config__
    assert (config.tag_field, config.tag) == ("kind", name)
    assert not config.forbid_unknown_fields


def test_config_file_and_settings_agree() -> None:
    """House rule 35: every key stands in config.toml with its default, under a comment."""
    text = (ROOT / "config.toml").read_text()
    assert tomllib.loads(text) == msgspec.to_builtins(Settings())
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if re.match(r"\w+ =", line):
            assert lines[index - 1].startswith("#"), line
    assert load(ROOT / "config.toml", {}) == Settings()


def test_config_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[server]\nprot = 1\n")
    with pytest.raises(ConfigError, match="prot"):
        load(path, {})
    assert load(None, {"RT_SERVER__PORT": "9000", "RT_SERVER__HOST": "::1"}).server.port == 9000


def test_addresses_of_apps_are_web_addresses(tmp_path: Path) -> None:
    """R-85, D13: a store's address comes from config.toml; what a page may not link to is refused at the start."""
    path = tmp_path / "config.toml"
    path.write_text('[apps]\nrustore = "https://www.rustore.ru/catalog/app/x"\n')
    links = load(path, {}).apps.links()
    assert [(one.store, one.url) for one in links] == [("rustore", "https://www.rustore.ru/catalog/app/x")]
    path.write_text('[apps]\nmacos = "javascript:alert(1)"\n')
    with pytest.raises(ConfigError, match="macos"):
        load(path, {})
