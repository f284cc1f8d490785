"""Keeps child processes running: starts them, starts them again when they die, stops them with their parent.

It neither reads what they print nor knows what they do. Linux ends a child whose parent is gone (PR_SET_PDEATHSIG);
elsewhere a child notices by the pipe on its stdin, which ends when the parent does.
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
"""prctl(2)."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run. ``environment`` is added to the parent's own; the child logs to the parent's stdout and stderr."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How fast a dead child comes back, and when it counts as well again."""

    first_s: float = 0.2
    """Before the first restart: calls that a crashed worker dropped come back within a second."""
    most_s: float = 30.0
    """The longest wait; a worker that cannot start must not fill the log or a core."""
    well_after_s: float = 10.0
    """A child that lived so long has failed for another reason: its waits begin anew."""
    stop_s: float = 2.0
    """Between SIGTERM and SIGKILL; the whole server stops in five seconds."""

    def wait_s(self, failures: int) -> float:
        """Seconds before restart number ``failures`` (from 1) in a row."""
        return min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 32))


class Child:
    """One supervised process, owned by one task. ``pid`` is None while it is down."""

    def __init__(self, spec: ChildSpec, policy: RestartPolicy, changed: Callable[[], None] = lambda: None) -> None:
        self.spec = spec
        self.pid: int | None = None
        self.restarts = 0
        self._policy = policy
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=f"child-{self.spec.name}")

    def send_signal(self, signum: signal.Signals) -> None:
        """Pass a signal on; nothing happens while the child is down."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signum)

    async def close(self) -> None:
        """SIGTERM, then SIGKILL after the policy's time; returns once the process is gone."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            started = loop.time()
            code = await self._run()
            failures = 1 if loop.time() - started >= self._policy.well_after_s else failures + 1
            wait_s = self._policy.wait_s(failures)
            log.warning("child ended", extra={"child": self.spec.name, "exit": code, "count": failures})
            await asyncio.sleep(wait_s)
            self.restarts += 1

    async def _run(self) -> int | None:
        """One life of the child; its exit code, negative for a signal, None when it could not be started."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                stdin=asyncio.subprocess.PIPE,
                env={**os.environ, **self.spec.environment},
                preexec_fn=functools.partial(_die_with, os.getpid()) if sys.platform == "linux" else None,
                start_new_session=True,  # Ctrl-C in a terminal reaches the parent alone, which stops us in its order
            )
        except OSError as error:
            log.error("child cannot start: %s", type(error).__name__, extra={"child": self.spec.name})  # noqa: TRY400 - the type says all
            return None
        self._process, self.pid = process, process.pid
        log.info("child started", extra={"child": self.spec.name, "pid": process.pid})
        self._changed()
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                await _stop(process, self._policy.stop_s)
            self._process, self.pid = None, None
            self._changed()


class Supervisor:
    """All children of one server."""

    def __init__(self, specs: Sequence[ChildSpec], policy: RestartPolicy | None = None) -> None:
        self.children = [Child(spec, policy or RestartPolicy()) for spec in specs]

    @property
    def running(self) -> int:
        return sum(child.pid is not None for child in self.children)

    @property
    def restarts(self) -> int:
        return sum(child.restarts for child in self.children)

    def start(self) -> None:
        for child in self.children:
            child.start()

    def send_signal(self, signum: signal.Signals) -> None:
        for child in self.children:
            child.send_signal(signum)

    async def close(self) -> None:
        """Stop all of them at the same time."""
        await asyncio.gather(*(child.close() for child in self.children))


async def _stop(process: asyncio.subprocess.Process, stop_s: float) -> None:
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), stop_s)
    except TimeoutError:
        process.kill()
        await process.wait()


def _die_with(parent: int) -> None:
    """In the child, before its program: ask the kernel for SIGKILL when the parent is gone. A stop in good order has
    sent SIGTERM before; a parent killed outright must not leave a worker behind that holds the ports.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it went between fork and prctl
        os._exit(1)
