"""rtclient: the Python client of rtserver. Connects, resumes, resends; sees of the server ``rtserver.wire`` alone."""

from .client import Client, Options, new_nonce
from .errors import ClientError, Ended, OutboxFull, Overrun, Refused, StoreInUse
from .events import Event, NotSent, Reloaded
from .state import State
from .transfers import Transfers

__all__ = [
    "Client",
    "ClientError",
    "Ended",
    "Event",
    "NotSent",
    "Options",
    "OutboxFull",
    "Overrun",
    "Refused",
    "Reloaded",
    "State",
    "StoreInUse",
    "Transfers",
    "new_nonce",
]
