"""``rtserver admin`` for registration: what it does, says and ends with. In this process, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from rtserver.__main__ import cli
from storage.migrate import upgrade

Run = Callable[..., Result]
OKTMO = '"79";"605";"000";"000";"6";"1";"Гиагинский муниципальный район"\n"79";"605";"402";"101";"2";"2";"х Прогресс"\n'


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/rt.db"


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command; ``code`` is what it must end with. Nothing may look like a crash."""
    monkeypatch.setenv("RT_STORAGE__DATABASE", url)
    upgrade(url)

    def invoke(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(cli, ["admin", *arguments])
        assert result.exit_code == code, (arguments, result.output, result.exception)
        assert "Traceback" not in result.output
        return result

    return invoke


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    with engine.begin() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


GROUPS = ((), ("account",), ("school",), ("localities",))
COMMANDS = {
    ("account",): ["add", "token", "find", "show", "log-out", "forgive"],
    ("school",): ["requests", "approve", "refuse", "list", "appoint"],
    ("localities",): ["load"],
    (): ["explain-link"],
}


def test_every_command_says_what_it_is_for(run: Run) -> None:
    """E-15, house rule 34: a help text for each command and each of its options and arguments."""
    for group, commands in COMMANDS.items():
        listed = run(*group, "--help").output
        for command in commands:
            assert command in listed
            shown = run(*group, command, "--help", code=0).output
            assert len(shown.split()) > 12, shown
    assert "2: a wrong call" in run("--help").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("school", "requests", "--status", "no"),
        ("school", "approve", "x"),
        ("school", "approve", "0"),
        ("localities", "load", "/no/such/file"),
        ("account", "add", "Анна", "Ким", "--role", "king"),
        ("account", "add", "Анна"),
        ("nothing",),
    ],
)
def test_a_wrong_call_ends_with_2(run: Run, url: str, arguments: tuple[str, ...]) -> None:
    """E-13: before anything is done."""
    run(*arguments, code=2)
    assert rows(url, "select count(*) from account") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("school", "approve", "77"), "request_unknown"),
        (("school", "refuse", "77"), "request_unknown"),
        (("school", "appoint", "1", "1"), "person_unknown"),
        (("account", "token", "12"), "person_unknown"),
        (("account", "show", "x"), "person_unknown"),
        (("account", "log-out", "12"), "person_unknown"),
        (("account", "find", "+79110000000"), "nobody logs in with it"),
        (("account", "find", "12"), "phone_invalid"),
        (("account", "add", "Анна", "Ким", "--contact", "x@y"), "email_invalid"),
        (("account", "add", "Анна", "Ким", "--born", "2999-01-01"), "dob_future"),
        (("account", "add", "1", "2"), "name_required"),
        (("explain-link", "https://school.example/i/AAAA"), "link_malformed"),
    ],
)
def test_a_refusal_ends_with_1_and_one_reason(run: Run, url: str, arguments: tuple[str, ...], reason: str) -> None:
    """E-15: the code of the one table, and nothing changed."""
    assert reason in run(*arguments, code=1).output
    assert rows(url, "select count(*) from account") == [(0,)]


def test_a_database_without_tables_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """E-13: not a stack of lines."""
    monkeypatch.setenv("RT_STORAGE__DATABASE", url)
    result = CliRunner().invoke(cli, ["admin", "school", "list"])
    assert result.exit_code == 1
    assert "rtserver migrate" in result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_no_list(run: Run, tmp_path: Path) -> None:
    """E-16: named by its code."""
    (tmp_path / "list.csv").write_bytes(b"\x98\x98")
    assert "list_unreadable" in run("localities", "load", str(tmp_path / "list.csv"), code=1).output
    (tmp_path / "list.csv").write_bytes(OKTMO.encode("cp1251"))
    assert run("localities", "load", str(tmp_path / "list.csv")).output == "1 added, 0 renewed\n"
    assert run("localities", "load", str(tmp_path / "list.csv")).output == "0 added, 1 renewed\n"


def test_support_helps_somebody_who_cannot_get_in(run: Run, url: str) -> None:
    """D5, D19: find by phone, see why, end the sessions of a lost phone; no name, no whole number."""
    made = run(
        "account", "add", "Мария", "Иванова", "--contact", "8 911 111-11-11", "--born", "2009-03-04",
        "--school", "Школа", "--role", "student", "--class", "7А",
    )  # fmt: skip
    account = made.output.strip()
    assert run("account", "find", "+7 (911) 111-11-11").output.strip() == account
    again = run("account", "add", "Анна", "Ким", "--contact", "+79111111111", code=1)
    assert "phone_taken" in again.output
    assert rows(url, "select count(*) from account") == [(1,)], "nothing is left of the refused one"
    for _ in range(2):
        run("account", "token", account)
    shown = run("account", "show", account).output
    assert shown.splitlines() == [
        "contacts\t+7 911 ... 11",
        "password\tno: a code is enough",
        "sessions\t2",
        "entry\topen",
        "role\tstudent\tШкола\t7А",
    ]
    assert run("account", "log-out", account).output == "2 sessions ended\n"
    assert "sessions\t0" in run("account", "show", account).output
    assert run("account", "forgive", "+79111111111").output == "forgiven\n"


def test_wrong_tries_are_shown_and_forgiven(run: Run, url: str) -> None:
    """D19: the wait ends for the owner at once; other people's counts stay."""
    from rtserver.auth.attempts import count_attempts
    from rtserver.clock import now_ms

    account = run("account", "add", "Мария", "Иванова", "--contact", "+79111111111").output.strip()
    engine = create_engine(url)
    with engine.begin() as connection:
        for _ in range(20):
            count_attempts(connection, [("fail:contact", "+79111111111"), ("fail:contact", "+79112222222")], now_ms())
    engine.dispose()
    assert "wait\t+7 911 ... 11" in run("account", "show", account).output
    run("account", "forgive", "8 911 111 11 11")
    assert "wait" not in run("account", "show", account).output
    assert rows(url, "select count(distinct key_sha256) from attempt") == [(1,)]


def test_a_school_without_administrators_gets_one(run: Run, url: str) -> None:
    """D10, E-14: by the operator, once, and the school's own journal shows it."""
    account = run("account", "add", "Анна", "Ким", "--school", "Школа", "--role", "staff").output.strip()
    line = run("school", "list").output.strip().split("\t")
    assert line[1:4] == ["1", "0", "Школа"]
    assert run("school", "appoint", line[0], account).output == "appointed\n"
    assert "role_exists" in run("school", "appoint", line[0], account, code=1).output
    assert run("school", "list").output.split("\t")[2] == "1"
    journal = rows(url, "select action, actor_id, target_id, detail from journal")
    assert journal == [("role.granted", None, int(account), "admin")]
