"""The check of invariants reads in short transactions.

Changes between these transactions are not reported as violations.
"""

import asyncio
from collections.abc import Sequence

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.checks.invariant_checks import PostgresInvariantChecks
from adapters.postgres.core.engine import create_checking_engine
from application.catalog.views import ProductView
from application.checks.ports import Finding, Invariant
from domain.orders.placing import OutOfStock
from tests.invariants import assert_invariants
from tests.kit.shop import Shop


def broken(findings: Sequence[Finding]) -> set[Invariant]:
    return {finding.invariant for finding in findings if finding.count}


async def no_pause() -> None: ...


async def order_again_and_again(shop: Shop, products: Sequence[ProductView]) -> None:
    customer = await shop.customer()
    for number in range(12):
        try:
            order = await shop.order(products[number % len(products)], customer=customer)
        except OutOfStock:
            continue
        await shop.pay(order)
        if number % 3:
            await shop.cancel(order)
        else:
            await shop.fulfil(order)


async def test_invariant_check_during_concurrent_changes_reports_no_violation(
    shop: Shop, database_url: str
) -> None:
    products = [await shop.product(stock=3) for _ in range(3)]
    checks = PostgresInvariantChecks(create_checking_engine(database_url), size=2, pause=no_pause)
    orders = [asyncio.create_task(order_again_and_again(shop, products)) for _ in range(4)]
    runs = 0
    while not all(task.done() for task in orders):
        assert broken(await checks.run()) == set()
        runs += 1
    await asyncio.gather(*orders)
    assert runs > 1
    assert broken(await checks.run()) == set()
    await assert_invariants(shop)


async def test_unit_resold_during_an_invariant_check_is_not_reported_as_oversold(
    shop: Shop, database_url: str
) -> None:
    mug = await shop.product(stock=1)
    first = await shop.order(mug)
    await shop.pay(first)

    async def sell_again() -> None:
        if (await shop.store.outbox.counts())["order.placed"] == 1:
            await shop.cancel(first)
            await shop.pay(await shop.order(mug))

    checks = PostgresInvariantChecks(create_checking_engine(database_url), size=1, pause=sell_again)
    assert broken(await checks.run()) == set()
    assert (await shop.store.outbox.counts())["order.placed"] == 2


async def test_invariant_check_finds_an_oversold_product_with_orders_in_several_ranges(
    shop: Shop, database_url: str, engine: AsyncEngine
) -> None:
    mug = await shop.product(stock=2)
    for _ in range(2):
        await shop.pay(await shop.order(mug))
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE stock_movements SET on_hand_delta = 1 WHERE reason = 'initial'"
        )
    checks = PostgresInvariantChecks(create_checking_engine(database_url), size=1, pause=no_pause)
    assert Invariant.NOTHING_OVERSOLD in broken(await checks.run())


async def test_invariant_check_reads_each_range_of_orders_in_a_separate_transaction(
    shop: Shop, database_url: str
) -> None:
    mug = await shop.product(stock=9)
    for _ in range(6):
        await shop.order(mug)
    checking = create_checking_engine(database_url)
    begun: list[object] = []
    event.listen(checking.sync_engine, "begin", begun.append)
    await PostgresInvariantChecks(checking, size=2, pause=no_pause).run()
    assert len(begun) > 6 / 2
