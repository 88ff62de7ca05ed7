"""A catalog import runs while the imported products are ordered and edited."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from application.catalog.change_product import ChangeProductCommand
from application.catalog.import_catalog import ImportResult
from application.catalog.plan_import import ROWS_AT_A_TIME, CatalogRow
from application.catalog.views import ProductView
from domain.catalog.product import ProductChanges
from domain.shared.errors import PreconditionFailed
from domain.shared.money import Money
from tests.invariants import assert_invariants, every_product
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.shop import Shop

SOON = 20
"""The number of seconds after which an operation counts as blocked."""
CHEAPER = ProductChanges(price=Money(1, "EUR"))


def rows_for(products: Sequence[ProductView], changes: ProductChanges = CHEAPER) -> list[CatalogRow]:
    return [
        CatalogRow(line=line, sku=product.sku, changes=changes)
        for line, product in enumerate(products, start=2)
    ]


@asynccontextmanager
async def blocked_import(
    shop: Shop, products: Sequence[ProductView]
) -> AsyncIterator[asyncio.Task[ImportResult]]:
    """Start an import of lower prices, and block the import before its commit.

    The import changes the products. Then the import waits for the first stock row, which another transaction has
    locked.
    """
    changed = asyncio.Event()
    plan = await shop.plan_import(rows_for(products), replace=False, progress=lambda _: None)
    async with shop.store.unit_of_work() as work:
        await work.stocks.lock([min(product.id for product in products)])
        importing = asyncio.create_task(
            shop.import_catalog(plan, actor=STAFF, progress=lambda _: changed.set())
        )
        await asyncio.wait_for(changed.wait(), SOON)
        yield importing


async def test_orders_are_placed_while_an_import_changes_the_ordered_products(shop: Shop) -> None:
    products = [await shop.product(stock=5, price=1000) for _ in range(4)]
    async with blocked_import(shop, products) as importing:
        orders = [await asyncio.wait_for(shop.order(product), SOON) for product in products[1:]]
        assert [order.total.amount for order in orders] == [1000] * 3
        assert not importing.done()
    assert await importing == ImportResult(created=0, changed=4, unchanged=0)
    assert (await shop.order(products[1])).total.amount == 1
    await assert_invariants(shop)


async def test_product_edit_with_a_version_that_was_read_during_an_import_is_rejected(shop: Shop) -> None:
    products = [await shop.product(stock=5) for _ in range(2)]
    async with blocked_import(shop, products) as importing:
        await asyncio.wait_for(shop.order(products[1]), SOON)
        seen = await shop.get_product(products[1].id, include_archived=False)
    await importing
    now = await shop.get_product(products[1].id, include_archived=False)
    assert (seen.version, now.version) == (products[1].version + 1, products[1].version + 2)
    with pytest.raises(PreconditionFailed):
        await shop.change_product(
            ChangeProductCommand(
                product_id=seen.id,
                expected_version=seen.version,
                changes=ProductChanges(price=Money(2, "EUR")),
                actor=SOMEBODY,
            )
        )


async def test_product_edit_during_an_import_waits_for_the_import_and_is_rejected(shop: Shop) -> None:
    products = [await shop.product(stock=5) for _ in range(2)]
    command = ChangeProductCommand(
        product_id=products[1].id,
        expected_version=products[1].version,
        changes=ProductChanges(price=Money(2, "EUR")),
        actor=SOMEBODY,
    )
    async with blocked_import(shop, products) as importing:
        editing = asyncio.create_task(shop.change_product(command))
        await asyncio.wait_for(shop.order(products[1]), SOON)
    await importing
    with pytest.raises(PreconditionFailed):
        await asyncio.wait_for(editing, SOON)


async def test_concurrent_imports_with_rows_in_opposite_sequences_do_not_deadlock(shop: Shop) -> None:
    new = ProductChanges(name="Mug", price=Money(1, "EUR"))
    rows = [CatalogRow(line=number, sku=f"SKU-{number}", changes=new) for number in range(ROWS_AT_A_TIME + 1)]
    await shop.import_rows(*rows)
    products = await every_product(shop)
    results = await asyncio.gather(
        shop.import_rows(*rows_for(products, ProductChanges(name="Beaker"))),
        shop.import_rows(*rows_for(products[::-1], ProductChanges(name="Jug"))),
    )
    assert {result.changed for result in results} == {ROWS_AT_A_TIME + 1}
    assert len({product.name for product in await every_product(shop)}) == 1
