"""The same server and school as end to end."""

from tests.e2e.conftest import school, server

__all__ = ["school", "server"]
