"""A shop on a PostgreSQL database of its own, with components that only exist for PostgreSQL."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.system import UuidV7Factory
from tests.kit.postgres_store import SECRET_BOX, postgres_store
from tests.kit.shop import Shop
from tests.servers.databases import connected


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with postgres_store(database_url) as store:
        yield Shop(store)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine with the settings of the service's engine, and with a pool of two connections."""
    engine = create_engine(database_url, pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture
def unit_of_work(engine: AsyncEngine) -> PostgresUnitOfWorkFactory:
    return PostgresUnitOfWorkFactory(engine, UuidV7Factory(), SECRET_BOX)


@pytest.fixture
async def psql(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A separate connection to the database of the engine."""
    async with connected(database_url) as connection:
        yield connection
