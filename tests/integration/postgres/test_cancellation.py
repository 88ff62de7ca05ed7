"""If a request is canceled at any await, no transaction or connection stays open."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
import pytest
from sqlalchemy import QueuePool, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.driver_read import DriverRead
from adapters.postgres.core.rows import UserRow
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.orders.queries import PostgresOrderQueries
from adapters.postgres.signing.secrets import PostgresSecrets
from application.orders.access import OrderAccess
from application.orders.cancel_order import CancelOrder
from application.orders.place_order_batch import PlaceOrderBatch
from application.orders.ports import OrderFilter
from tests.integration.postgres.canceling import leave_at
from tests.invariants import assert_invariants, every_order
from tests.kit.postgres_store import SECRET_BOX
from tests.kit.shop import HOLD, Shop

Work = Callable[[], Awaitable[Coroutine[Any, Any, object]]]
"""A function that makes preparations, and returns the work that is then canceled."""

OPEN = """
SELECT state, query FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'
"""


@pytest.fixture(params=[False, True], ids=["once", "again and again"])
def cancels_cleanup(request: pytest.FixtureRequest) -> bool:
    cancels_cleanup: bool = request.param
    return cancels_cleanup


async def in_use(engine: AsyncEngine, psql: asyncpg.Connection) -> bool:
    """Return whether a connection is checked out of the pool, or a database session is not idle."""
    pool = engine.sync_engine.pool
    assert isinstance(pool, QueuePool)
    return bool(await psql.fetch(OPEN)) or pool.checkedout() > 0


async def leave_at_every_wait(
    work: Work, engine: AsyncEngine, psql: asyncpg.Connection, *, cancels_cleanup: bool
) -> int:
    """Run the work repeatedly. Cancel the first run at the first await, the second run at the second await, and so on.

    The last run completes. Returns the number of canceled runs.
    """
    wait = 1
    while await leave_at(await work(), wait, cancels_cleanup=cancels_cleanup):
        async with asyncio.timeout(10):
            while await in_use(engine, psql):
                """Wait, because a closed connection disappears with a delay."""
        wait += 1
    async with engine.connect(), engine.connect():
        """Check that both connections of the pool work."""
    return wait - 1


async def test_order_placement_canceled_at_any_await_leaks_no_connection(
    shop: Shop,
    engine: AsyncEngine,
    unit_of_work: PostgresUnitOfWorkFactory,
    psql: asyncpg.Connection,
    cancels_cleanup: bool,
) -> None:
    mug, ann = await shop.product(stock=1000), await shop.customer()
    place_batch = PlaceOrderBatch(unit_of_work, shop.clock, shop.ids, HOLD)

    async def work() -> Coroutine[Any, Any, object]:
        return place_batch(
            [
                shop.commands.place_order((mug, 1), customer=ann),
                shop.commands.place_order((mug, 2000), customer=ann),
            ]
        )

    waits = await leave_at_every_wait(work, engine, psql, cancels_cleanup=cancels_cleanup)
    placed = len(await every_order(shop))
    assert 1 <= placed < waits
    await assert_invariants(shop)


async def test_order_cancellation_interrupted_at_any_await_leaks_no_connection(
    shop: Shop,
    engine: AsyncEngine,
    unit_of_work: PostgresUnitOfWorkFactory,
    psql: asyncpg.Connection,
    cancels_cleanup: bool,
) -> None:
    mug = await shop.product(stock=1000)
    cancel_order = CancelOrder(unit_of_work, shop.clock, shop.ids)

    async def work() -> Coroutine[Any, Any, object]:
        return cancel_order(shop.commands.cancel_order(await shop.order(mug)))

    await leave_at_every_wait(work, engine, psql, cancels_cleanup=cancels_cleanup)
    await assert_invariants(shop)


async def test_query_canceled_while_it_opens_a_connection_leaks_no_connection(
    shop: Shop, engine: AsyncEngine, psql: asyncpg.Connection, cancels_cleanup: bool
) -> None:
    await shop.order(await shop.product(stock=1))
    orders = PostgresOrderQueries(engine)

    async def work() -> Coroutine[Any, Any, object]:
        await engine.dispose()
        return orders.list(OrderFilter(), access=OrderAccess.all(), descending=True, after=None, limit=10)

    await leave_at_every_wait(work, engine, psql, cancels_cleanup=cancels_cleanup)


async def test_driver_query_canceled_at_any_await_leaks_no_connection(
    engine: AsyncEngine, psql: asyncpg.Connection, cancels_cleanup: bool
) -> None:
    read = DriverRead(engine, select(func.count().label("users")).select_from(UserRow))

    async def work() -> Coroutine[Any, Any, object]:
        return read({})

    await leave_at_every_wait(work, engine, psql, cancels_cleanup=cancels_cleanup)


async def test_creation_of_a_service_secret_canceled_at_any_await_leaks_no_connection(
    engine: AsyncEngine, psql: asyncpg.Connection, cancels_cleanup: bool
) -> None:
    secrets = PostgresSecrets(engine, SECRET_BOX)

    async def work() -> Coroutine[Any, Any, object]:
        return secrets.get_or_create("cursors", 32)

    await leave_at_every_wait(work, engine, psql, cancels_cleanup=cancels_cleanup)
