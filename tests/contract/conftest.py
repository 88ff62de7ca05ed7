"""Contract tests: every adapter of a port passes the same tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.contract.intercepted_stripe import Stripe
from tests.contract.payment_providers import Provider
from tests.contract.sandbox_provider import sandbox_provider
from tests.contract.stripe_provider import stripe_provider
from tests.kit.shop import Shop
from tests.kit.store import Store, memory_store
from tests.servers.databases import create_copy, delete_rows
from tests.servers.stripe_api import fake_stripe

if TYPE_CHECKING:
    from tests.kit.postgres_store import StoreEngines


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Run all contract tests in one event loop, so that the tests can share connections to PostgreSQL."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _tasks_end_with_their_test() -> AsyncIterator[None]:
    """Cancel the tasks that a test has left running, because tests share one event loop."""
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture
def store_in_memory() -> Store:
    return memory_store()


@pytest.fixture(scope="session")
def reused_database(database_server: str, migrated_template: str) -> str:
    """The URL of a database with the current schema. The tests use this database one after another.

    Every test begins without rows. The database is reused, because creating a database takes longer than most tests.
    """
    return asyncio.run(create_copy(database_server, migrated_template))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reused_engines(reused_database: str) -> AsyncIterator["StoreEngines"]:
    from tests.kit.postgres_store import store_engines  # noqa: PLC0415 - imported only if PostgreSQL is requested

    async with store_engines(reused_database) as engines:
        yield engines


@pytest_asyncio.fixture(loop_scope="session")
async def store_in_postgres(reused_engines: "StoreEngines") -> Store:
    """An empty store on PostgreSQL. The store reuses the connections of earlier tests."""
    from tests.kit.postgres_store import store_over  # noqa: PLC0415 - imported only if PostgreSQL is requested

    async with reused_engines.long_timeout.connect() as connection:
        raw = await connection.get_raw_connection()
        await delete_rows(raw.driver_connection)
    return store_over(reused_engines)


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


@pytest_asyncio.fixture(loop_scope="session")
async def stripe_at_its_api(stripe_api: str) -> AsyncIterator[Provider]:
    async with stripe_provider(stripe_api) as provider:
        yield provider


@pytest_asyncio.fixture(loop_scope="session")
async def stripe(stripe_api: str) -> AsyncIterator[Stripe]:
    stripe = Stripe(stripe_api)
    yield stripe
    await stripe.close()


@pytest.fixture(params=["sandbox_in_memory", "sandbox_in_postgres", "stripe"])
def provider(request: pytest.FixtureRequest) -> Provider:
    name, _, store = request.param.partition("_in_")
    if name == "sandbox":
        return sandbox_provider(request.getfixturevalue(f"store_in_{store}"))
    provider: Provider = request.getfixturevalue("stripe_at_its_api")
    return provider
