"""Hatchling's hook: a wheel holds the built web client. The building itself stands in ``clients/web/build.py``."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebClientHook(BuildHookInterface):  # type: ignore[type-arg] # its parameter is hatchling's own configuration
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """An editable install serves what ``make`` builds, so only real wheels build here."""
        if version == "editable":
            return
        runpy.run_path(str(Path(self.root) / "clients" / "web" / "build.py"))["build"]()
        build_data["artifacts"].append("rtserver/static/**")
