"""Codes by any SMS or voice gateway with an HTTP API, described by templates in config.toml. Stores nothing.

Templates may hold ``{phone}`` (E.164), ``{digits}`` (the same without +), ``{code}`` and ``{text}``; in a URL they are
percent-encoded, in a JSON body escaped. A dropped call's gateway answers with the calling number, of which ``reads``
finds the digits: their last four are the code (D12).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

import aiohttp

from rtserver.auth.codes import CALL_DIGITS

from .base import Delivery, DeliveryError, Message, Words

SEND_TIMEOUT_S = 10.0
ANSWER_BYTES = 65_536
RETRYABLE = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """``accepts``: a regular expression that the body of a good answer matches (many gateways say 200 to a failure).

    ``reads``: with one group, the calling number in the answer; empty where the gateway calls with our own code.
    """

    url: str
    method: Literal["GET", "POST"] = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    accepts: str = ""
    reads: str = ""


class HttpSender:
    def __init__(self, settings: GatewaySettings, words: Words) -> None:
        self._settings = settings
        self._words = words
        self._accepts = re.compile(settings.accepts) if settings.accepts else None
        self._reads = re.compile(settings.reads) if settings.reads else None
        self.chooses_code = self._reads is not None
        self._client: aiohttp.ClientSession | None = None

    async def send(self, message: Message) -> Delivery:
        own = self._settings
        values = {
            "phone": message.address,
            "digits": message.address.lstrip("+"),
            "code": message.secret,
            "text": self._words.sms(message),
        }
        headers = dict(own.headers)
        is_json = "json" in headers.get("Content-Type", "")
        body = _fill(own.body, values, (lambda text: json.dumps(text)[1:-1]) if is_json else quote)
        try:
            async with self._session().request(
                own.method,
                _fill(own.url, values, lambda text: quote(text, safe="")),
                data=body.encode() if own.body else None,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                text = (await answer.content.read(ANSWER_BYTES)).decode("utf-8", "replace")
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise DeliveryError(type(error).__name__) from None
        if status >= 300:
            raise DeliveryError(f"gateway answered {status}", lasting=status < 500 and status not in RETRYABLE)
        if self._accepts is not None and not self._accepts.search(text):
            raise DeliveryError("gateway did not accept")
        return Delivery(self._calling_digits(text))

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SEND_TIMEOUT_S))
        return self._client

    def _calling_digits(self, text: str) -> str:
        if self._reads is None:
            return ""
        found = self._reads.search(text)
        digits = re.sub(r"\D", "", found.group(1)) if found else ""
        if len(digits) < CALL_DIGITS:
            raise DeliveryError("gateway named no number")
        return digits[-CALL_DIGITS:]


def _fill(template: str, values: Mapping[str, str], escape: object) -> str:
    """Only the four names are replaced: a JSON body is full of braces of its own."""
    assert callable(escape)
    return re.sub(r"{(phone|digits|code|text)}", lambda found: str(escape(values[found.group(1)])), template)
