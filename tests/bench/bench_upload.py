"""Uploads beside Node's @tus/server (and tusd, where Go is) in the same run; the last line is JSON.

``python -m tests.bench.bench_upload [--quick]``. Ours is the product as it ships: log-in, SHA-256 of the content on the
way, ``fdatasync`` before every acknowledgement; the peers run as they come and do neither. Interleaved runs, medians.
Servers run on the first core, senders on the second; CPU is the whole process's, kernel included. The disk is real:
a tmpfs is refused.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).parents[2]
PEER = Path(__file__).parent / "peer"
SERVER_CORE, LOAD_CORE = {0}, {1}
MIB, GIB = 1 << 20, 1 << 30
BLOCK = os.urandom(4 * MIB)
PIECE = 8 * MIB
TUSD = "github.com/tus/tusd/v2/cmd/tusd@v2.8.0"


@dataclass(frozen=True)
class Size:
    """``--quick`` for work on the benchmark itself."""

    runs: int
    one: int
    pieces: int
    many: int
    whole: int


FULL = Size(runs=5, one=GIB, pieces=512 * MIB, many=128 * MIB, whole=4 * GIB)
QUICK = Size(runs=1, one=256 * MIB, pieces=128 * MIB, many=32 * MIB, whole=512 * MIB)


@dataclass
class Running:
    """A server that accepts uploads at ``address``."""

    name: str
    process: psutil.Process
    address: str
    headers: dict[str, str] = field(default_factory=dict)
    output: IO[str] | None = None

    def cpu_s(self) -> float:
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)

    def rss_mib(self) -> float:
        return float(self.process.memory_info().rss) / MIB


# --- servers ------------------------------------------------------------------------------------------------------


@contextmanager
def launched(
    name: str, command: list[str], pattern: str, **more: Any
) -> Iterator[tuple[subprocess.Popen[str], re.Match[str]]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    os.sched_setaffinity(process.pid, SERVER_CORE)
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.search(pattern, line)
            if found:
                break
        else:
            raise AssertionError(f"{name}: {''.join(said)}")
        yield process, found
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def ours(home: Path) -> Iterator[Running]:
    environment = {
        **os.environ,
        "RT_STORAGE__DATABASE": f"sqlite:///{home}/rt.db",
        "RT_SERVER__PORT": "0",
        "RT_SERVER__OPERATOR_PORT": "0",
        "RT_FILES__ACCOUNT_BYTES": str(100 * GIB),
        "RT_FILES__FREE_PERCENT": "1",
        "PYTHONUNBUFFERED": "1",
    }

    def admin(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "rtserver", "admin", "account", *arguments],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    command = [sys.executable, "-m", "tests.bench.probed", "serve"]
    with launched("rtserver", command, r"listening on (http://\S+),", env=environment, cwd=ROOT) as (process, found):
        account = admin("add", "Маша", "Ким", "--school", "Школа", "--role", "student", "--class", "7А")
        token = admin("token", account)
        head = {"Authorization": f"Bearer {token}"}
        yield Running("rtserver", psutil.Process(process.pid), f"{found[1]}/uploads/", head, process.stdout)


@contextmanager
def node(home: Path) -> Iterator[Running]:
    home.mkdir()
    with launched("node", ["node", str(PEER / "tus.js"), str(home)], r"listening on (http://\S+)") as (process, found):
        yield Running("@tus/server", psutil.Process(process.pid), f"{found[1]}/uploads")


@contextmanager
def tusd(home: Path, binary: Path) -> Iterator[Running]:
    home.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(binary),
        "-host",
        "127.0.0.1",
        "-port",
        str(port),
        "-upload-dir",
        str(home),
        "-base-path",
        "/uploads/",
    ]
    with launched("tusd", command, r"now listening|You can now upload", cwd=home) as (process, _):
        threading.Thread(target=lambda: list(process.stdout or ()), daemon=True).start()
        yield Running("tusd", psutil.Process(process.pid), f"http://127.0.0.1:{port}/uploads/")


def tusd_binary() -> Path | None:
    """tusd from its Go module, built once under .tools; None where Go is not."""
    goal = ROOT / ".tools" / "bin" / "tusd"
    if not goal.exists() and shutil.which("go"):
        subprocess.run(["go", "install", TUSD], env={**os.environ, "GOBIN": str(goal.parent)}, check=False)
    return goal if goal.exists() else None


# --- the sender -----------------------------------------------------------------------------------------------------


class Sender:
    """One keep-alive connection of plain sockets: no client library's cost in the figures."""

    def __init__(self, server: Running) -> None:
        where = urlsplit(server.address)
        self._host, self._port = where.hostname or "", where.port or 0
        self._headers = {"Host": f"{self._host}:{self._port}", "Tus-Resumable": "1.0.0", **server.headers}
        self._server = server
        self._socket: socket.socket | None = None

    def upload(self, size: int, piece: int) -> str:
        """The address of a finished upload of ``size`` bytes in PATCHes of ``piece``."""
        path = urlsplit(self._server.address).path
        status, headers = self.ask("POST", path, {"Upload-Length": str(size)}, 0)
        assert status == 201, (status, headers)
        address = urlsplit(headers["location"]).path
        for at in range(0, size, piece):
            count = min(piece, size - at)
            told = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
            status, headers = self.ask("PATCH", address, told, count)
            assert (status, headers["upload-offset"]) == (204, str(at + count)), (status, headers)
        return address

    def ask(self, method: str, path: str, headers: dict[str, str], size: int) -> tuple[int, dict[str, str]]:
        if self._socket is None:
            self._socket = socket.create_connection((self._host, self._port))
        told = {**self._headers, **headers, "Content-Length": str(size)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
        while size > 0:
            part = min(size, len(BLOCK))
            self._socket.sendall(BLOCK if part == len(BLOCK) else BLOCK[:part])
            size -= part
        return self._answer()

    def _answer(self) -> tuple[int, dict[str, str]]:
        assert self._socket is not None
        raw = b""
        while b"\r\n\r\n" not in raw:
            block = self._socket.recv(65_536)
            assert block, raw
            raw += block
        first, *lines = raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(first.split()[1]), headers

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def measured(server: Running, size: int, piece: int) -> dict[str, float]:
    """MB/s and CPU seconds for each GiB of one upload."""
    sender = Sender(server)
    spent, begun = server.cpu_s(), time.perf_counter()
    sender.upload(size, piece)
    seconds, cpu = time.perf_counter() - begun, server.cpu_s() - spent
    sender.close()
    return {"mbps": size / 1e6 / seconds, "cpu_s_per_gib": cpu / size * GIB, "rss_mib": server.rss_mib()}


def many(server: Running, size: int) -> dict[str, float]:
    """20 uploads at once; for ours how late the event loop came meanwhile."""
    if server.output is not None:
        server.process.send_signal(signal.SIGUSR1)
    begun, spent = time.perf_counter(), server.cpu_s()
    threads = [threading.Thread(target=lambda: Sender(server).upload(size, size)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, cpu = time.perf_counter() - begun, server.cpu_s() - spent
    found = {"mbps": 20 * size / 1e6 / seconds, "cpu_s_per_gib": cpu / size / 20 * GIB}
    if server.output is not None:
        server.process.send_signal(signal.SIGUSR2)
        late = json.loads(server.output.readline())
        found |= {"loop_p50_ms": late["p50"], "loop_p99_ms": late["p99"], "loop_max_ms": late["max"]}
    return found


def download(server: Running, upload: str) -> dict[str, float]:
    """One whole file, once it is through its examination."""
    where = urlsplit(server.address)
    path = f"/files/{upload.rpartition('/')[2]}"
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": where.netloc, **server.headers}.items())
    while True:
        goal = socket.create_connection((where.hostname or "", where.port or 0))
        spent, begun = server.cpu_s(), time.perf_counter()
        goal.sendall(f"GET {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
        buffer = bytearray(MIB)
        first = goal.recv(65_536)
        if b" 200 " not in first.split(b"\r\n", 1)[0]:
            goal.close()
            time.sleep(0.2)
            continue
        size = len(first)
        while count := goal.recv_into(buffer):
            size += count
        seconds, cpu = time.perf_counter() - begun, server.cpu_s() - spent
        return {"mbps": size / 1e6 / seconds, "cpu_s_per_gib": cpu / size * GIB}


def growth(server: Running, size: int) -> tuple[float, str]:
    """MiB that the process grew at most while one upload of ``size`` bytes came, after a small one."""
    Sender(server).upload(64 * MIB, 64 * MIB)
    before, peak, stop = server.rss_mib(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not stop.wait(0.05):
            peak = max(peak, server.rss_mib())

    watching = threading.Thread(target=watch)
    watching.start()
    address = Sender(server).upload(size, size)
    stop.set()
    watching.join()
    return peak - before, address


# --- the whole ------------------------------------------------------------------------------------------------------


def file_system(path: Path) -> str:
    found = max(
        (part for part in psutil.disk_partitions(all=True) if str(path).startswith(part.mountpoint)),
        key=lambda p: len(p.mountpoint),
    )
    if found.fstype == "tmpfs":
        raise SystemExit(f"{path} is a tmpfs: set TMPDIR to a folder on a real disk")
    return str(found.fstype)


def median(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(statistics.median(row[key] for row in rows), 3) for key in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--no-tusd", action="store_true", help="building it takes minutes the first time")
    asked = parser.parse_args()
    size = QUICK if asked.quick else FULL
    os.sched_setaffinity(0, LOAD_CORE)
    home = Path(tempfile.mkdtemp(prefix="rtup"))
    disk = file_system(home)
    print(
        f"{platform.python_version()}, {disk}; ours: one fdatasync for each PATCH, SHA-256; peers: neither", flush=True
    )
    raw: dict[str, Any] = {}
    binary = None if asked.no_tusd else tusd_binary()
    try:
        kinds = {"rtserver": ours, "@tus/server": node}
        if binary is not None:
            kinds["tusd"] = lambda home: tusd(home, binary)
        for run in range(size.runs):
            for name, kind in kinds.items():
                folder = home / f"{run}{re.sub('[^a-z]', '', name)}"
                if name == "rtserver":
                    folder.mkdir()
                with kind(folder) as server:
                    for what, bytes_, piece in (("one", size.one, size.one), ("pieces", size.pieces, PIECE)):
                        raw.setdefault(f"{name} {what}", []).append(measured(server, bytes_, piece))
                        print(run, name, what, raw[f"{name} {what}"][-1], flush=True)
                    raw.setdefault(f"{name} many", []).append(many(server, size.many))
                    print(run, name, "many", raw[f"{name} many"][-1], flush=True)
                    if name == "rtserver" and run == size.runs - 1:
                        grown, address = growth(server, size.whole)
                        got = download(server, address)
                        print(name, "growth", grown, "download", got, flush=True)
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    found = {key: median(rows) for key, rows in raw.items()}
    mine, peer = found["rtserver one"], found["@tus/server one"]
    mine8, peer8 = found["rtserver pieces"], found["@tus/server pieces"]
    print(
        json.dumps(
            {
                "mbps_ratio": round(mine["mbps"] / peer["mbps"], 3),
                "cpu_ratio": round(mine["cpu_s_per_gib"] / peer["cpu_s_per_gib"], 3),
                "mbps_ratio_8mib": round(mine8["mbps"] / peer8["mbps"], 3),
                "cpu_ratio_8mib": round(mine8["cpu_s_per_gib"] / peer8["cpu_s_per_gib"], 3),
                "cpu_ratio_tusd": None
                if binary is None
                else round(mine["cpu_s_per_gib"] / found["tusd one"]["cpu_s_per_gib"], 3),
                "rss_ratio": round(mine8["rss_mib"] / peer8["rss_mib"], 3),
                "rss_growth_mib_4gib": round(grown, 2),
                "chat_loop_p99_ms": found["rtserver many"]["loop_p99_ms"],
                "download_cpu_s_per_gib": round(got["cpu_s_per_gib"], 3),
                "file_system": disk,
                "runs": size.runs,
                "medians": found,
            }
        )
    )


if __name__ == "__main__":
    main()
