"""The hub beside Node's Socket.IO in the same run: fan-out, delay, memory of idle connections, slow receivers, start.

``python -m tests.bench.bench_hub [--quick]``; five interleaved runs, medians; the last line is JSON. Servers run on the
first core, the load generator (clients/load/rtload) on the second; CPU is the whole process's, kernel included.

Ours is the product as it ships: log-in, rules, index, hash chain, SQLite FULL on a real disk, every tenth client on the
second serialiser, each in 20 rooms; a "delivery" begins with a real ``message.post``. The peer does none of that work
and gives its event the same fields. Both run without per-message compression.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvloop

from tests.bench.crowd import make_crowd

ROOT = Path(__file__).parents[2]
PEER = Path(__file__).parent / "peer"
SERVER_CORE, LOAD_CORE = "0", "1"
TEXT = "Домашнее задание: упражнения 148 и 150 к среде"
"""With it the event is about 300 bytes on the wire."""
LONG = "ё" * 4000
"""8 kB a message, so that a deaf client's buffers fill in the time of a run."""


@dataclass(frozen=True)
class Size:
    """How much of everything; ``--quick`` for work on the benchmark itself."""

    runs: int
    crowd: int
    sockets: int
    idle: int
    single: int
    burst8: int
    slow: int


FULL = Size(runs=5, crowd=5000, sockets=1000, idle=5000, single=150, burst8=60, slow=120)
QUICK = Size(runs=1, crowd=1000, sockets=1000, idle=1000, single=60, burst8=25, slow=120)


@dataclass(frozen=True)
class Running:
    """A server that accepts connections."""

    pid: int
    url: str
    ready_s: float
    operator_port: int = 0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def ours(home: Path) -> Iterator[Running]:
    port, operator = free_port(), free_port()
    environment = {
        **os.environ,
        "RT_STORAGE__DATABASE": f"sqlite:///{home}/rt.db",
        "RT_SERVER__PORT": str(port),
        "RT_SERVER__OPERATOR_PORT": str(operator),
        "RT_MEDIA__WORKERS": "0",  # the hub alone is measured
    }
    began = time.perf_counter()
    command = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "rtserver", "serve"]
    with (home / "log").open("a") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        try:
            while not _ready(operator):
                if process.poll() is not None:
                    raise RuntimeError((home / "log").read_text()[-2000:])
                time.sleep(0.005)
            yield Running(process.pid, f"http://127.0.0.1:{port}", time.perf_counter() - began, operator)
        finally:
            process.terminate()
            process.wait(20)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def node(home: Path) -> Iterator[Running]:
    port = free_port()
    command = ["taskset", "-c", SERVER_CORE, "node", "--expose-gc", str(PEER / "peer.js"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield Running(process.pid, f"http://127.0.0.1:{port}", 0.0)
        finally:
            process.kill()
            process.wait(20)


Server = Callable[[Path], Any]


def load(server: Running, people: Path, sockets: int, scenario: list[str], *, peer: bool, text: str) -> dict[str, Any]:
    """One scenario of rtload on the other core; its report."""
    command = ["taskset", "-c", LOAD_CORE, sys.executable, "-m", "rtload", "--url", server.url]
    command += ["--people", str(people), "--sockets", str(sockets), "--pid", str(server.pid), "--text", text]
    command += ["--collect-signal"] if peer else ["--msgpack-every", "10"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/load'}"}
    done = subprocess.run([*command, *scenario], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def one_run(server: Server, home: Path, size: Size, *, peer: bool) -> dict[str, Any]:
    """Every scenario once, each on a new server."""
    people = home / "people.json"
    report: dict[str, Any] = {}
    single = ["fanout", "--events", str(size.single)]
    burst = ["fanout", "--events", str(size.burst8), "--burst", "8"]
    for name, scenario, sockets, text in (
        ("idle", ["idle"], size.idle, TEXT),
        ("single", single, size.sockets, TEXT),
        ("burst8", burst, size.sockets, TEXT),
    ):
        with server(home) as running:
            report[name] = load(running, people, sockets, scenario, peer=peer, text=text)
            report.setdefault("ready_s", round(running.ready_s, 3))
    if not peer:
        slow = ["fanout", "--events", str(size.slow)]
        for name, scenario in (("all_read", slow), ("one_deaf", [*slow, "--deaf"])):
            with server(home) as running:
                report[name] = load(running, people, size.sockets, scenario, peer=peer, text=LONG)
                report[name]["slow_cuts"] = _slow_cuts(running.operator_port)
        if report["one_deaf"]["slow_cuts"] != 1:
            raise RuntimeError("the deaf client was not cut: its buffers never filled, so the run proves nothing")
    return report


def _slow_cuts(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("rt_slow_cuts "))))


def median(runs: list[dict[str, Any]], scenario: str, key: str) -> float:
    return float(statistics.median(run[scenario][key] for run in runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    size = QUICK if parser.parse_args().quick else FULL
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    us: list[dict[str, Any]] = []
    them: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR", "."), prefix="tmp-bench-") as name:
        home = Path(name)
        crowd = uvloop.run(make_crowd(home, size.crowd, big=1000, rooms=20, small=50))
        (home / "people.json").write_text(json.dumps(crowd))
        for _ in range(size.runs):
            for server, into, peer in ((ours, us, False), (node, them, True)):
                into.append(one_run(server, home, size, peer=peer))
                print(json.dumps({"peer" if peer else "rtserver": into[-1]}), flush=True)
    print(json.dumps(summary(us, them, size)))


def summary(us: list[dict[str, Any]], them: list[dict[str, Any]], size: Size) -> dict[str, Any]:
    def ratio(scenario: str, key: str) -> float:
        return round(median(us, scenario, key) / median(them, scenario, key), 2)

    return {
        "fanout_ratio_single": ratio("single", "per_cpu_s"),
        "fanout_ratio_burst8": ratio("burst8", "per_cpu_s"),
        "p99_ratio": ratio("single", "p99_ms"),
        "kib_per_connection": round(median(us, "idle", "kib_per_connection"), 2),
        "node_kib_per_connection": round(median(them, "idle", "kib_per_connection"), 2),
        "ready_s": round(statistics.median(run["ready_s"] for run in us), 3),
        "slow_receiver_ratio": round(median(us, "one_deaf", "p99_ms") / median(us, "all_read", "p99_ms"), 2),
        "slow_cuts": [run["one_deaf"]["slow_cuts"] for run in us],
        "single_per_cpu_s": median(us, "single", "per_cpu_s"),
        "node_single_per_cpu_s": median(them, "single", "per_cpu_s"),
        "burst8_per_cpu_s": median(us, "burst8", "per_cpu_s"),
        "node_burst8_per_cpu_s": median(them, "burst8", "per_cpu_s"),
        "p99_ms": median(us, "single", "p99_ms"),
        "node_p99_ms": median(them, "single", "p99_ms"),
        "sockets": size.sockets,
        "idle_sockets": size.idle,
        "runs": size.runs,
        "versions": {
            "python": platform.python_version(),
            "uvloop": version("uvloop"),
            "aiohttp": version("aiohttp"),
            "python-socketio": version("python-socketio"),
            "node": subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip(),
            "socket.io": json.loads((PEER / "node_modules/socket.io/package.json").read_text())["version"],
        },
        "peer_flags": "transports websocket, perMessageDeflate false, --expose-gc (collected before memory is read)",
        "raw": {"rtserver": us, "node": them},
    }


if __name__ == "__main__":
    main()
