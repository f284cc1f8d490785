"""`rtserver serve`: bad configurations are refused on one line that says what to change; readiness while it stops."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from rtserver.app import Server
from rtserver.config import load
from rtserver.supervisor import ChildSpec
from storage.migrate import upgrade


def serve(home: Path, text: str, **environment: str) -> tuple[int, str]:
    """Exit code and stderr of a server that must not start."""
    (home / "config.toml").write_text(text, encoding="utf-8")
    ports = {"RT_SERVER__PORT": "0", "RT_SERVER__OPERATOR_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "rtserver", "serve", "--config", str(home / "config.toml")],
        env={**os.environ, "RT_STORAGE__DATABASE": f"sqlite:///{home}/rt.db", **ports, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        ("[server\n", {}, "config.toml"),
        ("[server]\nprot = 1\n", {}, "prot"),
        ("[sever]\nport = 1\n", {}, "sever"),
        ("", {"RT_SERVER__PORT": "70000"}, "server.port"),
        ("", {"RT_SERVER__PORT": "http"}, "server.port"),
        ("", {"RT_CHAT__NO_SUCH": "1"}, "no_such"),
        ("", {"RT_STORAGE__DATABASE": "mysql://root@localhost/x"}, "sqlite:///"),
        ("[hub]\nslow_bytes = 999999999\n", {}, "slow_cut_bytes"),
        ("[hub]\ncommands_per_s = 0\n", {}, "commands_per_s"),
        ("[hub]\nslow_s = -1.0\n", {}, "slow_s"),
        ("[storage]\nreaders = 0\n", {}, "readers"),
        ("[server]\n", {"RT_SERVER__PORT": "8090", "RT_SERVER__OPERATOR_PORT": "8090"}, "operator_port"),
        ("[log]\nlevel = 'loud'\n", {}, "log.level"),
    ],
)
def test_a_bad_configuration_is_refused_clearly(
    tmp_path: Path, text: str, environment: dict[str, str], says: str
) -> None:
    """E-13, house rule 35: one line, the key named, exit code 2, no trace."""
    code, stderr = serve(tmp_path, text, **environment)
    assert code == 2, stderr
    assert says in stderr
    assert len(stderr.strip().splitlines()) == 1, stderr


def test_a_port_in_use_and_a_broken_database_are_named(tmp_path: Path) -> None:
    """E-13: what the machine refuses is said on one line too."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, stderr = serve(tmp_path, "", RT_SERVER__PORT=port)
    assert (code, port in stderr, "Traceback" in stderr) == (1, True, False), stderr
    (tmp_path / "rt.db").write_bytes(b"this is no database at all, but a text of some length" * 20)
    code, stderr = serve(tmp_path, "")
    assert (code, "database" in stderr, "Traceback" in stderr) == (1, True, False), stderr


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """E-13: going back is done by restoring; an older program must not write into newer tables."""
    upgrade(f"sqlite:///{tmp_path}/rt.db")
    with sqlite3.connect(tmp_path / "rt.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    code, stderr = serve(tmp_path, "")
    assert (code, "newer" in stderr, "Traceback" in stderr) == (1, True, False), stderr


async def test_it_is_not_ready_while_it_stops(tmp_path: Path) -> None:
    """E-13: readiness is withdrawn before anything is shut, so that a front sends nobody any more."""
    ready = tmp_path / "ready"
    deaf = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    )
    settings = load(
        None,
        {
            "RT_STORAGE__DATABASE": f"sqlite:///{tmp_path}/rt.db",
            "RT_SERVER__PORT": "0",
            "RT_SERVER__OPERATOR_PORT": "0",
            "RT_MEDIA__WORKERS": "0",
        },
    )
    server = Server(settings, [ChildSpec("deaf", [sys.executable, "-c", deaf])])
    await server.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.operator_port}") as http:

        async def status() -> int:
            async with http.get("/readyz") as answer:
                return answer.status

        assert await status() == 200
        async with asyncio.timeout(15):
            while not ready.exists():  # noqa: ASYNC110 - a child's file has no event to wait for
                await asyncio.sleep(0.01)
        closing = asyncio.create_task(server.close())
        while server.supervisor.running:  # the deaf child holds the stop for two seconds
            code = await status()
            if code == 503:
                break
            assert not closing.done()
        assert code == 503
        assert not closing.done()
        await closing
