"""Contract tests: every adapter of a port passes the same tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.contract.payment_providers import Provider
from tests.contract.sandbox_provider import sandbox_provider
from tests.contract.stripe_provider import stripe_provider
from tests.kit.shop import Shop
from tests.kit.store import Store, memory_store
from tests.servers.databases import create_copy, empty
from tests.servers.stripe_api import fake_stripe


@pytest.fixture
def store_in_memory() -> Store:
    return memory_store()


@pytest.fixture(scope="session")
def reused_database(database_server: str, migrated_template: str) -> str:
    """The URL of a database with the present schema, which tests share one after another.

    The database is emptied after each test. Creating and dropping a database takes longer than most contract
    tests, which change rows only.
    """
    return asyncio.run(create_copy(database_server, migrated_template))


@pytest.fixture
async def store_in_postgres(reused_database: str) -> AsyncIterator[Store]:
    from tests.kit.postgres_store import postgres_store  # noqa: PLC0415 - imported only if PostgreSQL is requested

    async with postgres_store(reused_database) as store:
        yield store
    await empty(reused_database)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    store: Store = request.getfixturevalue(f"store_in_{request.param}")
    return store


@pytest.fixture
def shop(store: Store) -> Shop:
    return Shop(store)


@pytest.fixture(scope="session")
def stripe_api() -> Iterator[str]:
    """The root URL of the fake Stripe API."""
    with fake_stripe() as root:
        yield root


@pytest.fixture
async def stripe_at_its_api(stripe_api: str) -> AsyncIterator[Provider]:
    async with stripe_provider(stripe_api) as provider:
        yield provider


@pytest.fixture(params=["sandbox_in_memory", "sandbox_in_postgres", "stripe"])
def provider(request: pytest.FixtureRequest) -> Provider:
    name, _, store = request.param.partition("_in_")
    if name == "sandbox":
        return sandbox_provider(request.getfixturevalue(f"store_in_{store}"))
    provider: Provider = request.getfixturevalue("stripe_at_its_api")
    return provider
