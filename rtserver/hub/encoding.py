"""One event, encoded once for each format in use: the same bytes go to every receiver. Sends nothing."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from rtserver.wire.registry import event_name

from .frames import Opcode, build

_json = msgspec.json.Encoder()
_msgpack = msgspec.msgpack.Encoder()


class Json:
    """The ``json=`` of python-socketio: UTF-8 as it is, since an escaped Russian text is 2.6 times as long."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return _json.encode(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        """Raises ``ValueError``, as the standard library does."""
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise ValueError(str(error)) from None


class Encoded:
    """An event for the default namespace. Each form is made when the first receiver needs it, then kept.

    Engine.IO 4: a text message is ``4`` + Socket.IO packet, a binary one stands as it is, ``b`` + base64 in a poll.
    """

    __slots__ = ("_json_text", "_msgpack", "event", "json_frame", "msgpack_frame", "name")
    json_frame: bytes
    msgpack_frame: bytes

    def __init__(self, event: msgspec.Struct) -> None:
        self.event = event
        self.name = event_name(type(event))
        self._json_text: bytes | None = None
        self._msgpack: bytes | None = None

    def __getattr__(self, name: str) -> bytes:
        """A frame that nobody needed yet; from then on it is a plain attribute, read a thousand times."""
        if name == "json_frame":
            self.json_frame = build(Opcode.TEXT, self.json_packet)
            return self.json_frame
        if name == "msgpack_frame":
            self.msgpack_frame = build(Opcode.BINARY, self.msgpack_packet)
            return self.msgpack_frame
        raise AttributeError(name)

    @property
    def json_packet(self) -> bytes:
        """``42["message.posted",{…}]`` in UTF-8."""
        if self._json_text is None:
            self._json_text = b'42["' + self.name.encode() + b'",' + _json.encode(self.event) + b"]"
        return self._json_text

    @property
    def msgpack_packet(self) -> bytes:
        if self._msgpack is None:
            self._msgpack = _msgpack.encode({"type": 2, "data": [self.name, self.event], "nsp": "/"})
        return self._msgpack

    def json_poll(self) -> str:
        return self.json_packet.decode()

    def msgpack_poll(self) -> str:
        return "b" + base64.b64encode(self.msgpack_packet).decode()
