"""What answers say in ``Server``: the product alone, no versions of Python and aiohttp to look up weaknesses by.

aiohttp has no setting for it, and its own answers to broken requests pass no application's hooks.
"""

from __future__ import annotations

from aiohttp import web_response

NAME = "rtserver"


def name_server() -> None:
    """For the whole process; harmless when done again."""
    web_response.SERVER_SOFTWARE = NAME  # type: ignore[attr-defined] # no setting: the canary test breaks first
