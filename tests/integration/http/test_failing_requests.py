"""No failure in a request leaves a transaction open or leaks a connection."""

import asyncio
from collections import Counter
from itertools import cycle

import asyncpg

from tests.integration.http.faults import FaultInjector, Injected, install
from tests.integration.http.holding import assert_nothing_is_held, await_returned_connections
from tests.integration.http.services import container_on
from tests.integration.http.writing import WRITES, Send, WriteRequests
from tests.invariants import assert_stock_is_what_orders_and_ledger_say, every_order
from tests.kit.shop import Shop
from tests.kit.web import WebShop, web_shop

REQUESTS = 1000
POOL_SIZE = 4
"""The size of the pool. The pool is small, so that a leaked connection is noticed soon."""


async def test_failing_requests_leak_no_connection(
    database_url: str, psql: asyncpg.Connection, direct_shop: Shop
) -> None:
    container = container_on(database_url, database_pool_size=POOL_SIZE)
    faults = install(container)
    statuses: Counter[int] = Counter()
    async with web_shop(container) as web:
        write_requests = await WriteRequests.of(web)
        stages = {write: await stages_of(faults, await write(write_requests)) for write in WRITES}
        assert all(count > 10 for count in stages.values())
        errors = cycle((Injected, OSError, TimeoutError, asyncpg.InterfaceError))
        while statuses.total() < REQUESTS:
            for write, count in stages.items():
                for stage in range(1, count + 1):
                    send = await write(write_requests)
                    faults.set(stage, next(errors))
                    statuses[(await send()).status_code] += 1
                    faults.set(0)
            await await_returned_connections(web)
        assert faults.raised >= REQUESTS * 0.9
        assert set(statuses) <= {200, 201, 204, 500, 503}
        assert statuses[500] + statuses[503] >= REQUESTS * 0.8
        await assert_nothing_is_held(web, psql)
    await assert_stock_is_what_orders_and_ledger_say(direct_shop, await every_order(direct_shop))


async def stages_of(faults: FaultInjector, send: Send) -> int:
    """Send a request without faults, and return the number of stages."""
    before = faults.stages
    assert (await send()).is_success
    return faults.stages - before


async def test_exceptions_in_concurrent_requests_leak_no_connection(
    database_url: str, psql: asyncpg.Connection, direct_shop: Shop
) -> None:
    container = container_on(database_url, database_pool_size=POOL_SIZE)
    faults = install(container)
    async with web_shop(container) as web:
        write_requests = await WriteRequests.of(web)
        for stage in range(1, 60, 3):
            sends = [await write(write_requests) for write in WRITES]
            faults.set(stage, Injected)
            await asyncio.gather(*(send() for send in sends))
            faults.set(0)
        assert faults.raised >= 20
        await assert_nothing_is_held(web, psql)
    await assert_stock_is_what_orders_and_ledger_say(direct_shop, await every_order(direct_shop))


async def test_rejected_requests_leak_no_connection(web: WebShop, psql: asyncpg.Connection) -> None:
    write_requests = await WriteRequests.of(web)
    for write in WRITES:
        send = await write(write_requests)
        assert (await send()).is_success
        again = await send()
        assert again.status_code == 412 or again.headers["Idempotent-Replayed"] == "true"
    await assert_nothing_is_held(web, psql)
