"""The real server and the school of the end-to-end tests."""

from tests.e2e.conftest import school, server

__all__ = ["school", "server"]
