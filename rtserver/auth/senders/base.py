"""What a sender is, and the words a code travels in. Knows no transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rtserver.wire.auth import Channel


@dataclass(frozen=True, slots=True)
class Message:
    """One code on its way. ``secret`` is empty where the gateway chooses it (a dropped call)."""

    channel: Channel
    address: str
    language: str
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of it. ``secret``: the digits that the gateway chose; ``keep``: the outbox still shows the code."""

    secret: str = ""
    keep: bool = False


class DeliveryError(Exception):
    """It did not go out. ``lasting``: no retry will help. The text names no address and no code."""

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class Sender(Protocol):
    """Sends the codes of some channels. ``chooses_code``: its gateway answers with the calling number."""

    chooses_code: bool

    async def send(self, message: Message) -> Delivery:
        """Raises ``DeliveryError``; returns once the next hop has taken the message."""

    async def close(self) -> None: ...


SUBJECT = {"ru": "{code} — код для входа в {brand}", "en": "{code} is your {brand} code"}
SMS = {
    "ru": "{code} — код для входа в {brand}. Никому его не сообщайте",
    "en": "{code} is your {brand} code. Tell it to nobody",
}
LETTER = {
    "ru": "Код для входа в {brand}: {code}\n\nОн действует {minutes} минут. Никому его не сообщайте: "
    "сотрудники {brand} код не спрашивают.\nЕсли вы не входили в {brand}, ничего делать не нужно.\n\n"
    "Поддержка: {support}\n",
    "en": "Your {brand} code: {code}\n\nIt works for {minutes} minutes. Tell it to nobody: nobody at {brand} asks for "
    "it.\nIf you were not logging in to {brand}, do nothing.\n\nSupport: {support}\n",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Fills the texts. ``host`` lets an Android browser type the code by itself (WebOTP, last line of the SMS)."""

    brand: str
    support: str
    host: str
    minutes: int = 10

    def sms(self, message: Message) -> str:
        text = SMS[message.language].format(code=message.secret, brand=self.brand)
        return f"{text}\n\n@{self.host} #{message.secret}" if self.host else text

    def subject(self, message: Message) -> str:
        return SUBJECT[message.language].format(code=message.secret, brand=self.brand)

    def letter(self, message: Message) -> str:
        return LETTER[message.language].format(
            code=message.secret, brand=self.brand, minutes=self.minutes, support=self.support
        )
