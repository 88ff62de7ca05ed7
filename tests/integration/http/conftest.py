from collections.abc import AsyncIterator, Iterator, Sequence
from io import StringIO

import asyncpg
import pytest

from tests.integration.http.services import container_on, processes
from tests.kit.logs import captured_log
from tests.kit.postgres_store import postgres_store
from tests.kit.shop import Shop
from tests.kit.web import WebShop, web_shop
from tests.servers.databases import connected


@pytest.fixture(autouse=True)
def log() -> Iterator[StringIO]:
    """The service's log during the test, as JSON lines."""
    with captured_log() as log:
        yield log


@pytest.fixture
async def web(database_url: str) -> AsyncIterator[WebShop]:
    """The running service on a database that only this test uses."""
    async with web_shop(container_on(database_url)) as web:
        yield web


@pytest.fixture(params=[1, 2], ids=["one-process", "two-processes"])
async def service_processes(
    request: pytest.FixtureRequest, database_url: str
) -> AsyncIterator[Sequence[WebShop]]:
    """One process of the service, or two.

    Requests to one process share batches; requests to two processes race.
    """
    async with processes(database_url, request.param) as service_processes:
        yield service_processes


@pytest.fixture
async def direct_shop(database_url: str) -> AsyncIterator[Shop]:
    """The shop of the service, used without HTTP."""
    async with postgres_store(database_url) as store:
        yield Shop(store)


@pytest.fixture
async def psql(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A separate connection to the service's database."""
    async with connected(database_url) as connection:
        yield connection
