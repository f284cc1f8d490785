"""``python -m rtload --url http://127.0.0.1:8080 --people people.json fanout --events 100``: a report on stdout.

``people.json`` is a list of ``{"token": …, "chat": …}``, one for each socket. The last line is the report as JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop

from .scenarios import Plan, fanout, idle, posts


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rtload", description="Load for a Socket.IO server of the wire of rtserver.")
    parser.add_argument("--url", required=True, help="http://host:port")
    parser.add_argument("--people", required=True, type=Path, help="JSON: one {token, chat} for each socket")
    parser.add_argument("--sockets", type=int, default=0, help="only the first so many people; 0 takes all")
    parser.add_argument("--ramp", type=int, default=64, help="connections that are being opened at one time")
    parser.add_argument("--msgpack-every", type=int, default=0, help="every n-th socket speaks msgpack; 0 none")
    parser.add_argument("--pid", type=int, required=True, help="the server's process, on this machine")
    parser.add_argument("--text", default="", help="text of the posts")
    parser.add_argument("--collect-signal", action="store_true", help="SIGUSR2 before memory is read")
    parser.add_argument("--report", type=Path, help="write the report there too")
    scenario = parser.add_subparsers(dest="scenario", required=True)
    scenario.add_parser("idle", help="memory of idle connections")
    told = scenario.add_parser("fanout", help="posts told to all sockets")
    told.add_argument("--events", type=int, default=100)
    told.add_argument("--burst", type=int, default=1)
    told.add_argument("--deaf", action="store_true", help="one more client that reads nothing")
    flood = scenario.add_parser("posts", help="as many posts as are acknowledged")
    flood.add_argument("--seconds", type=float, default=5)
    flood.add_argument("--senders", type=int, default=256)
    flood.add_argument("--told", type=int, default=30)
    return parser.parse_args(given)


def scenario_of(options: argparse.Namespace) -> Coroutine[Any, Any, dict[str, Any]]:
    people = json.loads(options.people.read_text())
    plan = Plan(
        url=options.url,
        people=people[: options.sockets or None],
        ramp=options.ramp,
        msgpack_every=options.msgpack_every,
        pid=options.pid,
        text=options.text,
        collect_signal=options.collect_signal,
    )
    if options.scenario == "idle":
        return idle(plan)
    if options.scenario == "fanout":
        return fanout(plan, events=options.events, burst=options.burst, deaf=options.deaf)
    return posts(plan, seconds=options.seconds, senders=options.senders, told=options.told)


def main() -> None:
    options = arguments(sys.argv[1:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    report = uvloop.run(scenario_of(options))
    for name, value in report.items():
        print(f"{name:<20} {value}", file=sys.stderr)
    line = json.dumps({"scenario": options.scenario, **report})
    if options.report:
        options.report.write_text(line)
    print(line)


if __name__ == "__main__":
    main()
