"""Opaque tokens: 256 random bits, base64url. Only SHA-256 of one is ever stored."""

from __future__ import annotations

import secrets


def new_token() -> str:
    return secrets.token_urlsafe(32)
