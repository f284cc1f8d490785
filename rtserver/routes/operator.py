"""The operator's door on loopback: health, readiness, metrics. Shows nobody's data."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """What the operator may watch; each is described where it is made."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.commands = Counter("rt_commands", "Commands by name and code", ["command", "code"], registry=self.registry)
        self.command_seconds = Histogram(
            "rt_command_seconds",
            "Time from a command's arrival to its acknowledgement, seconds",
            ["command"],
            registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2),
        )

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(name, text, registry=self.registry).set_function(read)

    def observe(self, name: str, code: str, seconds: float) -> None:
        self.commands.labels(name, code).inc()
        self.command_seconds.labels(name).observe(seconds)


def operator_app(metrics: Metrics, ready: Callable[[], bool]) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def readyz(_: web.Request) -> web.Response:
        up = ready()
        return web.json_response({"ok": up}, status=200 if up else 503)

    async def show(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(metrics.registry), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", show)])
    return app
