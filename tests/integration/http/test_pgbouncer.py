"""The service behind PgBouncer in transaction mode.

PgBouncer has fewer connections to the server than the service has to PgBouncer.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.engine import SERVER_SETTINGS
from tests.integration.http.services import Buyer, container_on
from tests.invariants import assert_invariants
from tests.kit.shop import Shop
from tests.kit.web import WebShop, order_body, web_shop
from tests.servers.pgbouncer import PgBouncer, pgbouncer

ORDERS, BUYERS = 200, 10


@pytest.fixture
def pooler(database_url: str) -> Iterator[PgBouncer]:
    with pgbouncer(database_url) as pooler:
        yield pooler


@pytest.fixture
async def web(pooler: PgBouncer) -> AsyncIterator[WebShop]:
    async with web_shop(container_on(pooler.url, database_pooler="pgbouncer")) as web:
        yield web


async def test_concurrent_orders_through_pgbouncer_are_placed(web: WebShop, direct_shop: Shop) -> None:
    mugs = [await web.product(stock=ORDERS) for _ in range(5)]
    buyers = [await Buyer.of(web, direct_shop) for _ in range(BUYERS)]

    async def order_and_read(number: int) -> tuple[int, int, int]:
        buyer, mug = buyers[number % BUYERS], mugs[number % len(mugs)]
        placed = await buyer.order(web, order_body((mug, 1)), key_=f"k{number}")
        order = await web.anonymous.get(f"/v1/orders/{placed.json()['id']}", headers=buyer.authorization)
        product = await web.anonymous.get(f"/v1/products/{mug['id']}")
        return placed.status_code, order.status_code, product.status_code

    answers: Counter[tuple[int, int, int]] = Counter()
    for first in range(0, ORDERS, 20):
        answers.update(await asyncio.gather(*map(order_and_read, range(first, first + 20))))
    assert answers == {(201, 200, 200): ORDERS}
    assert not any(finding.count for finding in await web.container.checks.check_shop()())
    await assert_invariants(direct_shop)


async def test_order_request_through_pgbouncer_returns_overloaded_if_the_row_is_locked(
    web: WebShop, direct_shop: Shop, psql: asyncpg.Connection
) -> None:
    mug, buyer = await web.product(stock=1), await Buyer.of(web, direct_shop)
    async with psql.transaction():
        await psql.execute("SELECT FROM stocks WHERE product_id = $1 FOR UPDATE", UUID(mug["id"]))
        refused = await buyer.order(web, order_body((mug, 1)))
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert (await buyer.order(web, order_body((mug, 1)))).status_code == 201


async def test_transactions_behind_pgbouncer_use_the_settings_of_the_service(web: WebShop) -> None:
    for engine, timeout in (
        (web.container.database.engine(), "5s"),
        (web.container.database.public_read_engine(), "1s"),
        (web.container.database.checking_engine(), "1min"),
    ):
        assert await setting(engine, "statement_timeout") == timeout
    found = {name: await setting(web.container.database.engine(), name) for name in SERVER_SETTINGS}
    assert found == SERVER_SETTINGS


async def test_settings_of_a_transaction_do_not_remain_in_the_database_session(
    web: WebShop, pooler: PgBouncer, psql: asyncpg.Connection
) -> None:
    """PgBouncer gives the same database session first to one client, and then to another client."""
    default = await psql.fetchval("SELECT current_setting('lock_timeout')")
    assert default != SERVER_SETTINGS["lock_timeout"]
    await setting(web.container.database.engine(), "lock_timeout")
    other = await asyncpg.connect(pooler.url.replace("+asyncpg", ""), statement_cache_size=0)
    try:
        assert await other.fetchval("SELECT current_setting('lock_timeout')") == default
        assert await other.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''") == 0
    finally:
        await other.close()


async def test_order_request_returns_503_while_every_pgbouncer_connection_is_in_use(
    database_url: str, direct_shop: Shop
) -> None:
    with pgbouncer(database_url, server_connections=1) as pooler:
        async with web_shop(container_on(pooler.url, database_pooler="pgbouncer")) as web:
            mug, buyer = await web.product(stock=1), await Buyer.of(web, direct_shop)
            other = await asyncpg.connect(pooler.url.replace("+asyncpg", ""), statement_cache_size=0)
            async with other.transaction():
                await other.execute("SELECT 1")
                refused = await buyer.order(web, order_body((mug, 1)))
            await other.close()
            assert refused.status_code == 503
            assert "Retry-After" in refused.headers
            assert (await buyer.order(web, order_body((mug, 1)))).status_code == 201


async def setting(engine: AsyncEngine, name: str) -> str:
    async with engine.connect() as connection:
        value: str = (
            await connection.execute(text("SELECT current_setting(:name)"), {"name": name})
        ).scalar_one()
    return value
