"""Posts through the socket: 256 senders, each post told to 30 members, on the product as it ships but for its rates.

``end_to_end()`` gives the figures for ``bench_store``; ``python -m tests.bench.end_to_end`` prints them.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from tests.bench.bench_hub import TEXT, load, ours
from tests.bench.crowd import make_crowd

PEOPLE, MEMBERS, SENDERS = 270, 30, 256


def end_to_end(runs: int = 5, seconds: float = 4.0) -> dict[str, Any]:
    """Medians of ``runs``, each on a new server; raw figures under ``end_to_end_raw``."""
    raw: list[dict[str, Any]] = []
    # 256 people type as fast as they are answered: no person does, so the rate of one account is lifted, and said.
    os.environ |= {"RT_HUB__COMMANDS_PER_S": "1000000.0", "RT_HUB__COMMANDS_BURST": "1000000.0"}
    try:
        for _ in range(runs):
            with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR", "."), prefix="tmp-bench-") as name:
                home = Path(name)
                crowd = uvloop.run(make_crowd(home, PEOPLE, big=MEMBERS, rooms=1, small=MEMBERS))
                (home / "people.json").write_text(json.dumps(crowd))
                scenario = ["posts", "--seconds", str(seconds), "--senders", str(SENDERS), "--told", str(MEMBERS)]
                with ours(home) as running:
                    raw.append(load(running, home / "people.json", PEOPLE, scenario, peer=False, text=TEXT))
    finally:
        del os.environ["RT_HUB__COMMANDS_PER_S"], os.environ["RT_HUB__COMMANDS_BURST"]
    return {
        "end_to_end_per_s": round(statistics.median(run["per_s"] for run in raw)),
        "end_to_end_ack_p99_ms": statistics.median(run["ack_p99_ms"] for run in raw),
        "end_to_end_flags": "rate limits lifted",
        "end_to_end_raw": raw,
    }


if __name__ == "__main__":
    print(json.dumps(end_to_end()))
