"""The supervisor with real child processes, and with a real parent that is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from rtserver.supervisor import ChildSpec, RestartPolicy, Supervisor

QUICK = RestartPolicy(first_s=0.05, most_s=0.4, well_after_s=60, stop_s=0.5)


def python(program: str, **environment: str) -> ChildSpec:
    return ChildSpec("test", [sys.executable, "-c", textwrap.dedent(program)], environment)


async def until(holds: object, timeout_s: float = 15) -> None:
    """Wait for a state of the outside world, which tells nobody when it changes."""
    assert callable(holds)
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - files and processes have no event to wait for
            await asyncio.sleep(0.01)


async def test_a_killed_child_is_back_and_the_other_untouched() -> None:
    """Architecture §1, the media child: SIGKILL brings a new process; a child that is well stays."""
    supervisor = Supervisor([python("import time; time.sleep(600)")] * 2, QUICK)
    supervisor.start()
    try:
        await until(lambda: supervisor.running == 2)
        first, second = supervisor.children
        killed, kept = first.pid, second.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await until(lambda: first.pid not in (None, killed))
        assert (first.restarts, second.restarts, second.pid) == (1, 0, kept)
        assert supervisor.restarts == 1
    finally:
        await supervisor.close()
    assert supervisor.running == 0


@pytest.mark.parametrize("command", [[sys.executable, "-c", "raise SystemExit(3)"], ["/no/such/program"]])
async def test_a_child_that_cannot_live_is_tried_ever_more_slowly(command: list[str]) -> None:
    """E-13: neither a crash at start nor a missing program ends the server or spins."""
    supervisor = Supervisor([ChildSpec("test", command)], QUICK)
    supervisor.start()
    await until(lambda: supervisor.restarts >= 3)
    await supervisor.close()
    assert supervisor.running == 0


def test_waits_double_up_to_the_bound() -> None:
    """Back within a second at first, never slower than the bound."""
    policy = RestartPolicy()
    waits = [policy.wait_s(failures) for failures in range(1, 200)]
    assert waits[0] < 1
    assert waits == sorted(waits)
    assert waits[1] == 2 * waits[0]
    assert waits[-1] == policy.most_s


async def test_signals_pass_and_a_deaf_child_is_killed(tmp_path: Path) -> None:
    """Graceful first: SIGUSR1 arrives; SIGTERM is ignored here, so SIGKILL follows and nothing is left."""
    told = tmp_path / "told"
    program = f"""
        import pathlib, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, lambda *_: pathlib.Path({str(told)!r}).write_text("heard"))
        pathlib.Path({str(tmp_path / "ready")!r}).touch()
        while True: time.sleep(600)
    """
    supervisor = Supervisor([python(program)], QUICK)
    supervisor.start()
    await until((tmp_path / "ready").exists)
    supervisor.send_signal(signal.SIGUSR1)
    await until(told.exists)
    pid = supervisor.children[0].pid
    assert pid is not None
    await supervisor.close()
    assert not psutil.pid_exists(pid)


async def test_a_child_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Nothing is left behind: kill -9 of the server ends its children too."""
    report = tmp_path / "pid"
    child = f"import os, pathlib, time; pathlib.Path({str(report)!r}).write_text(str(os.getpid())); time.sleep(600)"
    parent = f"""
import asyncio, sys
from rtserver.supervisor import ChildSpec, Supervisor
async def run():
    supervisor = Supervisor([ChildSpec("test", [sys.executable, "-c", {child!r}])])
    supervisor.start()
    await asyncio.Event().wait()
asyncio.run(run())
"""
    process = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-c", parent])
    try:
        await until(lambda: report.exists() and report.read_text().isdigit())
        pid = int(report.read_text())
        assert psutil.pid_exists(pid)
        process.kill()
        process.wait()
        await until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
