"""Every adapter of a port is held to the same tests."""

from collections.abc import AsyncIterator

import pytest

from tests.kit.shop import Shop
from tests.kit.store import Store, memory_store


@pytest.fixture
def store_in_memory() -> Store:
    return memory_store()


@pytest.fixture
async def store_in_postgres(database_url: str) -> AsyncIterator[Store]:
    from tests.kit.postgres_store import postgres_store  # noqa: PLC0415 - only where PostgreSQL is asked for

    async with postgres_store(database_url) as store:
        yield store


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    store: Store = request.getfixturevalue(f"store_in_{request.param}")
    return store


@pytest.fixture
def shop(store: Store) -> Shop:
    return Shop(store)
