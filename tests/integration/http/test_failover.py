"""The primary fails while customers place orders. The synchronous standby is promoted."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from time import perf_counter

import pytest

from adapters.postgres.core.migrations import upgrade
from tests.integration.http.services import Buyer, container_on
from tests.kit.postgres_store import postgres_store
from tests.kit.shop import Shop
from tests.kit.web import WebShop, order_body, web_shop
from tests.servers.databases import connected
from tests.servers.replication import Replication, replication

Record = Callable[[str, object], None]
BUYERS = 8
HANG = 60
"""The number of seconds after which a service without a successful response counts as not recovered."""


@pytest.fixture
def servers() -> Iterator[Replication]:
    with replication() as servers:
        upgrade(servers.url)
        yield servers


@pytest.fixture
async def web(servers: Replication) -> AsyncIterator[WebShop]:
    async with web_shop(container_on(servers.url)) as web:
        yield web


class Ordering:
    """Customers that place one order after another. A failed request is retried with its idempotency key."""

    def __init__(self, web: WebShop, body: dict[str, object]) -> None:
        self._web = web
        self._body = body
        self._stopped = False
        self.placed: dict[str, str] = {}
        self.failures: list[tuple[int, str]] = []
        self.latest = perf_counter()

    async def run(self, buyers: Sequence[Buyer]) -> None:
        await asyncio.gather(*(self._order(number, buyer) for number, buyer in enumerate(buyers)))

    def stop(self) -> None:
        self._stopped = True

    async def _order(self, number: int, buyer: Buyer) -> None:
        order = 0
        while not self._stopped:
            key = f"{number}-{order}"
            response = await buyer.order(self._web, self._body, key_=key)
            if response.status_code == 201:
                self.placed[key] = response.json()["id"]
                self.latest = perf_counter()
                order += 1
            else:
                self.failures.append((response.status_code, response.headers.get("Retry-After", "none")))
                await asyncio.sleep(0.05)


async def test_orders_acknowledged_before_the_loss_of_the_primary_still_exist(
    web: WebShop, servers: Replication, record_testsuite_property: Record
) -> None:
    mug = await web.product(stock=100_000)
    async with postgres_store(servers.url) as store:
        buyers = [await Buyer.of(web, Shop(store)) for _ in range(BUYERS)]
    ordering = Ordering(web, order_body((mug, 1)))
    running = asyncio.create_task(ordering.run(buyers))
    await await_orders(ordering, 50)

    servers.primary.kill()
    killed = perf_counter()
    await asyncio.to_thread(servers.standby.promote)
    await await_orders(ordering, len(ordering.placed) + 50)
    record_testsuite_property("seconds_from_kill_to_50_orders", perf_counter() - killed)
    ordering.stop()
    await running

    assert {status for status, _ in ordering.failures} <= {503}
    assert all(retry_after != "none" for _, retry_after in ordering.failures)
    async with connected(servers.standby.url) as psql:
        stored = await psql.fetch("SELECT idempotency_key, id::text FROM orders")
    assert sorted(order for _, order in stored) == sorted(ordering.placed.values())
    assert not any(finding.count for finding in await web.container.checks.check_shop()())


async def await_orders(ordering: Ordering, count: int) -> None:
    async with asyncio.timeout(HANG):
        while len(ordering.placed) < count:  # noqa: ASYNC110 - must poll, because the count sends no notification
            await asyncio.sleep(0.01)


async def test_service_connects_to_the_new_primary_if_the_former_host_does_not_respond(
    web: WebShop, servers: Replication
) -> None:
    mug = await web.product(stock=10)
    async with postgres_store(servers.url) as store:
        buyer = await Buyer.of(web, Shop(store))
    servers.primary.pause()
    await asyncio.to_thread(servers.standby.promote)
    await web.container.database.engine().dispose()
    async with asyncio.timeout(HANG):
        while (await buyer.order(web, order_body((mug, 1)))).status_code != 201:  # noqa: ASYNC110 - must poll, because the server announces no end of the recovery
            await asyncio.sleep(0.05)


async def test_order_request_returns_database_unavailable_if_no_primary_is_reachable(
    web: WebShop, servers: Replication
) -> None:
    mug = await web.product(stock=10)
    async with postgres_store(servers.url) as store:
        buyer = await Buyer.of(web, Shop(store))
    servers.primary.kill()
    refused = await buyer.order(web, order_body((mug, 1)))
    assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
    assert (await web.anonymous.get("/readyz")).status_code == 503
