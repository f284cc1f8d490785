"""A house over each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from storage.db import Database
from tests.house import House
from tests.integration.auth_house import AuthHouse, auth_house
from tests.school_house import SchoolHouse


@pytest_asyncio.fixture
async def house(database: Database) -> AsyncIterator[House]:
    built = House(database)
    built.service.start()
    yield built
    await built.service.close()


@pytest_asyncio.fixture
async def sh(database: Database) -> AsyncIterator[SchoolHouse]:
    """A house with schools and their HTTP doors."""
    built = SchoolHouse(database)
    await built.open()
    yield built
    await built.close()


@pytest_asyncio.fixture
async def auth(database: Database) -> AsyncIterator[AuthHouse]:
    async with auth_house(database) as built:
        yield built
