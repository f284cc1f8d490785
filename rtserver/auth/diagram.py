"""Writes the state diagram of docs/REGISTRATION.md from the table of ``flow``; ``--check`` fails when it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from .flow import BEFORE_LOG_IN, TABLE

PAGE = Path(__file__).parents[2] / "docs" / "REGISTRATION.md"
BEGIN = "<!-- generated from rtserver/auth/flow.py: do not edit below -->"


def diagram() -> str:
    """A mermaid state diagram; leaving is drawn once, since every state before log-in can be left."""
    lines = [BEGIN, "", "```mermaid", "stateDiagram-v2", "    [*] --> contact"]
    for (before, event), move in TABLE.items():
        if event != "left":
            effect = f" / {move.effect}" if move.effect else ""
            lines.append(f"    {before} --> {move.state} : {event}{effect}")
    lines += ["    home --> [*]", "```", "", f"`left` ends a flow from any of: {', '.join(BEFORE_LOG_IN)}.", ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    text = PAGE.read_text(encoding="utf-8")
    fresh = text.partition(BEGIN)[0] + diagram()
    if "--check" in arguments:
        if text != fresh:
            print("docs/REGISTRATION.md is stale: python -m rtserver.auth.diagram")
            return 1
        return 0
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
