"""The real process: what it refuses to serve, its doors for this machine alone, and the API against its description."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import urllib.request
from collections import Counter
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import schemathesis
import socketio
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.e2e.server import Client, ServerProcess

PHONE = "+79111111111"
ENDS_IT = {("POST", "/api/auth/close"), ("POST", "/api/logout"), ("GET", "/api/auth/qr")}
"""Closing the account and logging out end the trial; waiting for a phone takes 20 s each time."""
EXAMPLES = 12
"""Of each operation; the whole API takes about half a minute."""


async def ask(http: aiohttp.ClientSession, method: str, url: str, body: Any = None) -> Any:
    async with http.request(method, url, json=body) as answer:
        return await answer.json()


async def code_of(server: ServerProcess) -> str:
    async with aiohttp.ClientSession(headers={"Accept": "application/json"}) as http:
        outbox = await ask(http, "GET", f"http://127.0.0.1:{server.operator_port}/outbox")
    return str(outbox["codes"][0]["code"])


async def documents(http: aiohttp.ClientSession, server: ServerProcess) -> dict[str, str]:
    options = await ask(http, "GET", server.url + "/api/auth/options")
    return {name: options[name] for name in ("agreement_version", "privacy_version")}


async def test_a_registration_survives_kill_9(server: ServerProcess) -> None:
    """Issue 3 items 1, 3: the flow, its code and its cookie go on after the process was killed."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        await ask(http, "POST", server.url + "/api/auth/flow", {})
        given = {"contact": PHONE, **await documents(http, server)}
        assert (await ask(http, "POST", server.url + "/api/auth/flow/contact", given))["state"] == "code"
        code = await code_of(server)
        server.kill()
        server.start()
        assert (await ask(http, "GET", server.url + "/api/auth/flow"))["state"] == "code"
        view = await ask(http, "POST", server.url + "/api/auth/flow/code", {"code": code})
        assert view["state"] == "profile"
        child = {"first_name": "Алексей", "last_name": "Петров", "birth_date": "2013-03-04"}
        view = await ask(http, "POST", server.url + "/api/auth/flow/profile", child)
        assert view["state"] == "signed_in"
        log = (server.home / "log").read_text()
    assert not any(secret in log for secret in (code, PHONE, "9111111111", "Алексей", "Петров"))


@pytest.mark.parametrize("sender", ["RT_AUTH__PHONE_SENDER", "RT_AUTH__EMAIL_SENDER"])
def test_the_outbox_is_refused_on_a_public_address(tmp_path: Path, sender: str) -> None:
    """D12: before anything listens, with the setting named."""
    environment = ServerProcess(
        tmp_path, **{"RT_SERVER__HOST": "0.0.0.0", "RT_AUTH__PHONE_SENDER": "none", "RT_AUTH__EMAIL_SENDER": "none"}
    ).environment
    done = subprocess.run(
        [sys.executable, "-m", "rtserver", "serve"],
        env={**environment, sender: "outbox"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "auth.phone_sender" in done.stderr
    assert "Traceback" not in done.stderr


async def test_doors_for_this_machine_do_not_exist_behind_a_proxy(server: ServerProcess) -> None:
    """Architecture §3: the outbox and a demo's links, for any forwarding header; no outbox on the public port."""
    async with aiohttp.ClientSession() as http:
        for header in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"):
            for url in (f"http://127.0.0.1:{server.operator_port}/outbox", f"{server.url}/demo/token"):
                async with http.get(url, headers={header: "203.0.113.1"}) as answer:
                    assert answer.status == 404
        rebound = {"Host": f"school.example:{server.operator_port}"}  # a page whose name was rebound to 127.0.0.1
        async with http.get(f"http://127.0.0.1:{server.operator_port}/outbox", headers=rebound) as answer:
            assert answer.status == 404
        async with http.get(f"{server.url}/outbox") as answer:
            assert answer.status == 404
        async with http.get(f"http://127.0.0.1:{server.operator_port}/outbox") as answer:
            assert answer.status == 200
            assert "Коды (только для разработки)" in await answer.text()


@pytest.mark.parametrize("path", ["socket.io", "socket.io-msgpack"])
@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_planted_cookie_opens_no_socket_behind_tls(tmp_path: Path, path: str, transport: str) -> None:
    """Session planting, at the socket: behind a proxy that ends TLS the ``__Host-`` name alone counts."""
    server = ServerProcess(tmp_path, RT_SERVER__TRUSTED_PROXIES='["127.0.0.1"]')
    server.start()
    try:
        account = server.command("admin", "account", "add", "Маша", "Ким", "--school", "Школа", "--role", "staff")
        token = server.command("admin", "account", "token", account)
        for cookie, headers, welcome in (
            ("rt_session", {"X-Forwarded-Proto": "https"}, False),
            ("__Host-rt_session", {"X-Forwarded-Proto": "https"}, True),
            ("rt_session", {}, True),
        ):
            client = Client("")
            client.path, client.transports = path, [transport]
            if path == "socket.io-msgpack":
                client.io = socketio.AsyncClient(reconnection=False, serializer="msgpack")
                client.io.on("*", client._heard)
            try:
                await client.io.connect(
                    server.url,
                    headers={"Cookie": f"{cookie}={token}", "Origin": server.url, **headers},
                    socketio_path=path,
                    transports=[transport],
                    wait_timeout=5,
                )
            except socketio.exceptions.ConnectionError:
                assert not welcome, (cookie, headers)
            else:
                assert welcome, (cookie, headers)
                await client.wait(lambda e: e["kind"] == "server.welcome")
            finally:
                await client.close()
    finally:
        server.stop()


async def test_answers_name_no_versions(server: ServerProcess) -> None:
    """``Server`` tells neither Python nor aiohttp, on both ports, for refusals and for what is no HTTP at all."""
    requests = (
        b"GET /api/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /api/auth/flow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nbroken\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\r\n\r\n",
    )
    for port in (server.port, server.operator_port):
        for request in requests:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            answer = await asyncio.wait_for(reader.read(65_536), 10)
            writer.close()
            assert b"\r\nserver: rtserver\r\n" in answer.lower(), (request, answer)
            assert b"aiohttp" not in answer.lower(), (request, answer)
            assert b"python" not in answer.lower(), (request, answer)


@pytest.mark.parametrize("who", ["signed", "visitor"])
def test_the_api_does_what_its_description_says(server: ServerProcess, who: str) -> None:
    """Issue 3: schemathesis over /api/openapi.json, logged in and in the middle of a log-in: no 5xx, no undocumented
    answer.
    """
    account = server.command("admin", "account", "add", "Ирина", "Соколова", "--school", "Школа", "--role", "admin")
    token = server.command("admin", "account", "token", account)
    schema = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        if (operation.method.upper(), operation.path) in ENDS_IT or (
            who == "visitor" and not operation.path.startswith("/api/auth")
        ):
            continue
        if who == "signed":
            call = {"headers": {"Authorization": f"Bearer {token}"}}
        else:
            call = {"headers": {"Cookie": f"rt_flow={_begun_flow(server)}"}}
        _try_operation(operation, call, statuses)
    assert statuses[200] > (20 if who == "signed" else 8)
    assert statuses[409] > 0  # another step: the cookie's flow was looked at
    assert sum(statuses.values()) > 200


def _begun_flow(server: ServerProcess) -> str:
    request = urllib.request.Request(
        server.url + "/api/auth/flow", data=b"{}", headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        cookie = SimpleCookie(answer.headers["Set-Cookie"])
    return cookie["rt_flow"].value


def _try_operation(operation: Any, call: dict[str, Any], statuses: Counter[int]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def run(case: Any) -> None:
        response = case.call(**call)
        statuses[response.status_code] += 1
        case.validate_response(
            response, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
        )

    run()
