"""Codes by e-mail through the school's SMTP server (RFC 5321), with TLS where it is asked for. Stores nothing."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal

import aiosmtplib

from .base import Delivery, DeliveryError, Message, Words

SEND_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """``security``: "tls" from the first byte (465), "starttls" (587), or "none" for a relay on this machine."""

    host: str
    port: int = 587
    security: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str = ""
    ca_file: str = ""


class SmtpSender:
    """One connection for each letter: letters are rare, and an idle connection would be cut by the server anyway."""

    chooses_code = False

    def __init__(self, settings: SmtpSettings, words: Words) -> None:
        self._settings = settings
        self._words = words
        self._tls = ssl.create_default_context(cafile=settings.ca_file or None)

    async def send(self, message: Message) -> Delivery:
        own = self._settings
        letter = EmailMessage()
        letter["From"] = own.sender
        letter["To"] = message.address
        letter["Subject"] = self._words.subject(message)
        letter["Date"] = formatdate()
        letter["Message-ID"] = make_msgid(domain=own.sender.rpartition("@")[2])
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no holiday answers
        letter.set_content(self._words.letter(message))
        try:
            await aiosmtplib.send(
                letter,
                hostname=own.host,
                port=own.port,
                use_tls=own.security == "tls",
                start_tls=own.security == "starttls",
                username=own.user or None,
                password=own.password or None,
                tls_context=self._tls if own.security != "none" else None,
                timeout=SEND_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise DeliveryError(
                "recipient refused", lasting=all(_is_lasting(one) for one in error.recipients)
            ) from None
        except aiosmtplib.SMTPResponseException as error:
            raise DeliveryError(f"server answered {error.code}", lasting=_is_lasting(error)) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise DeliveryError(type(error).__name__) from None
        return Delivery()

    async def close(self) -> None:
        return None


def _is_lasting(error: aiosmtplib.SMTPResponseException) -> bool:
    """RFC 5321 §4.2.1: 5yz is permanent, 4yz is worth a retry."""
    return 500 <= error.code < 600
