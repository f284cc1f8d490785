"""What the hub may be told to do otherwise. Values only; config.toml is where they are set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .limits import Rate


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Bounds of the hub; config.toml names the reason of each."""

    ping_interval_s: int = 25
    ping_timeout_s: int = 20
    max_message_bytes: int = 262_144
    slow_cut_bytes: int = 262_144
    slow_bytes: int = 65_536
    slow_s: float = 10.0
    heads_every_s: float = 5.0
    sessions_every_s: float = 60.0
    connections_per_account: int = 20
    origins: tuple[str, ...] = ()
    """Origins beside the server's own that may open a connection by cookie."""
    direct_delivery: bool = True
    rates: Mapping[str, Rate] = field(default_factory=dict)
    default_rate: Rate = field(default_factory=lambda: Rate(10, 60))
    support: str = ""
