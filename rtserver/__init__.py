"""rtserver: a school's own real-time messenger and lessons in one Python server."""

__version__ = "0.1.0"
