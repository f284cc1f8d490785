"""Passwords: argon2id on a few threads of their own, and what is refused as too easy. Logs none and keeps none.

Whoever asks about an unknown account costs the same work: the dummy hash is verified with the same parameters.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from rtserver.wire.errors import AppError

PASSWORD_MAX = 256
COMMON = frozenset(
    {
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "00000000",
        "87654321",
        "qwertyui",
        "qwerty12",
        "qwerty123",
        "qwertyuiop",
        "password",
        "password1",
        "passw0rd",
        "1q2w3e4r",
        "1qaz2wsx",
        "asdfghjk",
        "zxcvbnm1",
        "iloveyou",
        "football",
        "baseball",
        "princess",
        "sunshine",
        "88888888",
        "12341234",
        "11223344",
        "abcd1234",
        "abc12345",
        "йцукенгш",
        "йцукен123",
        "пароль12",
        "пароль123",
        "парольпароль",
        "привет12",
        "привет123",
        "любимая1",
        "школа123",
        "12345678910",
        "123123123",
        "qazwsxedc",
        "1234qwer",
        "qwer1234",
        "987654321",
    }
)
"""The passwords that guessing begins with; the limits of D19 leave an attacker about ten tries in 15 minutes."""


def _one_form(password: str) -> str:
    """NFKC, as NIST SP 800-63B §3.1.1.2 asks: keyboards of phones and Macs write «й» in one or in two characters."""
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """``workers`` at once; each verification takes ``memory_kib``. Beyond ``waiting`` callers it refuses: memory and
    time are bounded whatever is sent.
    """

    def __init__(
        self, *, workers: int = 2, waiting: int = 256, memory_kib: int = 19_456, passes: int = 2, shortest: int = 8
    ) -> None:
        # OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._waiting = 0
        self._most = waiting
        self._shortest = shortest
        self._dummy = self._hasher.hash(secrets.token_urlsafe(16))
        self.verifications = 0

    def check(self, password: str) -> None:
        """``password_short`` or ``password_common``; no rules of letters and digits (NIST SP 800-63B §3.1.1.2)."""
        if len(password) < self._shortest:
            raise AppError("password_short", limit=self._shortest)
        if password.casefold() in COMMON or len(set(password)) < 3:
            raise AppError("password_common")

    async def hash(self, password: str) -> str:
        return str(await self._on_thread(self._hasher.hash, _one_form(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; None verifies the dummy and is never right."""
        self.verifications += 1
        right = bool(await self._on_thread(self._verify, stored or self._dummy, _one_form(password)))
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _on_thread(self, work: object, *arguments: str) -> object:
        if self._waiting >= self._most:
            raise AppError("unavailable", seconds=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)  # type: ignore[arg-type] # two callables of one shape
        finally:
            self._waiting -= 1
