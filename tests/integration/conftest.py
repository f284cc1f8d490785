"""A house over each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from storage.db import Database
from tests.house import House


@pytest_asyncio.fixture
async def house(database: Database) -> AsyncIterator[House]:
    built = House(database)
    built.service.start()
    yield built
    await built.service.close()
