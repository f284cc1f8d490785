"""What a newcomer does with `make run`: follow a printed link, come back after a restart, follow a new one."""

from __future__ import annotations

import json
import re
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError

from tests.e2e.server import ServerProcess


class Demo(ServerProcess):
    """``serve --demo``; ``links`` are the paths it printed at its last start."""

    arguments = ("serve", "--demo")

    @property
    def links(self) -> list[str]:
        return [path for line in self.printed for path in re.findall(r"http://localhost:\d+(/demo/\S+)", line)]

    def follow(self, path: str) -> str:
        """Who the link signs in, as /api/me says."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        try:
            opener.open(self.url + path, timeout=5)
        except HTTPError as error:  # the page behind the link belongs to the web client; the cookie is set before it
            assert error.code == 404
            assert "/demo/" not in error.url
        name: str = json.load(opener.open(f"{self.url}/api/me", timeout=5))["name"]
        return name


def test_links_are_printed_at_every_start_of_a_demo(tmp_path: Path) -> None:
    """Issue 2: a newcomer who lost the terminal starts again and gets in; an earlier link still works."""
    demo = Demo(tmp_path)
    demo.start()
    try:
        first = demo.links
        assert len(first) == 6
        names = {demo.follow(link) for link in first}
        assert len(names) == 6
        demo.stop()
        demo.start()
        second = demo.links
        assert len(second) == 6
        assert not set(first) & set(second)
        assert {demo.follow(link) for link in second} == names
        assert demo.follow(first[0]) in names
    finally:
        demo.kill()


def test_a_real_database_gets_no_links(tmp_path: Path) -> None:
    """Architecture §3: one-click sign-in exists in a demo only, whatever the command line says."""
    demo = Demo(tmp_path)
    demo.command("migrate")
    demo.command("admin", "account", "add", "Мария", "Ким")
    demo.start()
    try:
        assert demo.links == []
    finally:
        demo.kill()
