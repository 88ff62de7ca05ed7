"""The migration to line quantities corrects orders with refunded, unshipped units."""

import asyncio
from pathlib import Path

import asyncpg

from adapters.postgres.checks.invariant_checks import PostgresInvariantChecks
from adapters.postgres.core import migrations
from adapters.postgres.core.engine import create_checking_engine
from application.catalog.views import ProductView
from application.orders.views import OrderView
from domain.orders.lifecycle import OrderStatus
from tests.invariants import assert_invariants
from tests.kit.shop import Shop

_VERSIONS = Path(migrations.__file__).parent / "versions"
[_MIGRATION] = _VERSIONS.glob("*_line_quantities.py")
BEFORE = f"{int(_MIGRATION.name[:4]) - 1:04}"
"""The revision before the migration."""


async def _refunded_order(
    shop: Shop, psql: asyncpg.Connection, mug: ProductView, *, shipped: int, refunded: int
) -> OrderView:
    """Return an order of two units in the form in which the former release stored orders.

    In the former release, refunded units stayed reserved.
    """
    order = await shop.order(mug, 2)
    await shop.pay(order)
    if shipped:
        await shop.fulfil(order, shipped)
    await shop.refund(order, refunded * 1000)
    await psql.execute("UPDATE order_lines SET refunded = $2 WHERE order_id = $1", order.id, refunded)
    return order


async def test_migration_cancels_units_that_are_refunded_but_not_shipped(
    shop: Shop, database_url: str, psql: asyncpg.Connection
) -> None:
    mug = await shop.product(stock=20)
    ended = await _refunded_order(shop, psql, mug, shipped=1, refunded=1)
    gone = await _refunded_order(shop, psql, mug, shipped=0, refunded=2)
    open_order = await _refunded_order(shop, psql, mug, shipped=0, refunded=1)
    cancelled = await shop.order(mug, 2)
    await shop.cancel(cancelled)
    await asyncio.to_thread(migrations.downgrade, database_url, BEFORE)
    await asyncio.to_thread(migrations.upgrade, database_url)
    seen = {order.id: await shop.current_order(order) for order in (ended, gone, open_order, cancelled)}
    assert [(order.status, order.lines[0].cancelled) for order in seen.values()] == [
        (OrderStatus.FULFILLED, 1),
        (OrderStatus.CANCELLED, 2),
        (OrderStatus.CONFIRMED, 1),
        (OrderStatus.CANCELLED, 2),
    ]
    assert (await shop.get_stock(mug.id)).reserved == 1
    await assert_invariants(shop)
    findings = await PostgresInvariantChecks(create_checking_engine(database_url)).run()
    assert [finding.invariant for finding in findings if finding.count] == []


async def test_migration_keeps_an_order_confirmed_if_a_paid_amount_remains(
    shop: Shop, database_url: str, psql: asyncpg.Connection
) -> None:
    mug = await shop.product(stock=20)
    order = await shop.order(mug, 2)
    await shop.pay(order)
    await psql.execute("UPDATE order_lines SET refunded = 2 WHERE order_id = $1", order.id)
    await asyncio.to_thread(migrations.downgrade, database_url, BEFORE)
    await asyncio.to_thread(migrations.upgrade, database_url)
    left = await shop.current_order(order)
    assert (left.status, left.lines[0].cancelled, left.version) == (
        OrderStatus.CONFIRMED,
        0,
        order.version + 1,
    )
    assert (await shop.get_stock(mug.id)).reserved == 2
