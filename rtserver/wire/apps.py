"""Where the apps of this server can be had (R-85, D13). Decides nothing."""

from __future__ import annotations

from typing import Literal

from .types import Value

Store = Literal["app_store", "google_play", "app_gallery", "rustore", "macos", "windows", "linux"]


class AppLink(Value, frozen=True, kw_only=True):
    """One store or download; only those that the operator has set are named."""

    store: Store
    url: str
