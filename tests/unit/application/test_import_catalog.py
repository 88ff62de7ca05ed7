import asyncio
from dataclasses import replace

import pytest

from application.catalog.import_catalog import ROWS_AT_A_TIME, CatalogRow, ImportResult
from application.catalog.ports import SkuTaken
from domain.catalog.product import ProductDetails, ProductStatus
from domain.shared.money import Money
from tests.invariants import assert_invariants, every_product
from tests.kit.actors import SOMEBODY
from tests.kit.shop import STAFF, Shop

MUG = CatalogRow(
    sku="MUG",
    details=ProductDetails(
        name="Mug",
        description="Holds 300 ml",
        price=Money(999, "EUR"),
        attributes={"colour": "red", "size": "L"},
    ),
    initial_stock=5,
)
CUP = replace(MUG, sku="CUP", details=replace(MUG.details, name="Cup"))


def named(row: CatalogRow, name: str) -> CatalogRow:
    return replace(row, details=replace(row.details, name=name))


async def import_rows(shop: Shop, *rows: CatalogRow) -> ImportResult:
    return await shop.import_catalog(rows, actor=STAFF, progress=lambda _: None)


async def test_new_products_are_created_with_their_stock(shop: Shop) -> None:
    assert await import_rows(shop, MUG, CUP) == ImportResult(created=2, changed=0, unchanged=0)
    products = await every_product(shop)
    assert [(product.sku, product.available) for product in products] == [("MUG", 5), ("CUP", 5)]
    await assert_invariants(shop)


async def test_importing_again_changes_nothing(shop: Shop) -> None:
    await import_rows(shop, MUG, CUP)
    before = await every_product(shop)
    assert await import_rows(shop, MUG, CUP) == ImportResult(created=0, changed=0, unchanged=2)
    assert await every_product(shop) == before


async def test_import_updates_a_known_product_and_keeps_its_stock(shop: Shop) -> None:
    await import_rows(shop, MUG, CUP)
    [mug, cup] = await every_product(shop)
    await shop.archive_product(mug.id, expected_version=mug.version, actor=SOMEBODY)
    row = replace(
        MUG,
        details=ProductDetails(
            name="Beaker", price=Money(1, "EUR"), attributes={"size": "XL"}, max_per_order=2
        ),
        initial_stock=99,
    )
    assert await import_rows(shop, row) == ImportResult(created=0, changed=1, unchanged=0)
    [beaker, untouched] = await every_product(shop)
    assert untouched == cup
    assert (beaker.id, beaker.name, beaker.price, beaker.attributes) == (
        mug.id,
        "Beaker",
        Money(1, "EUR"),
        {"size": "XL"},
    )
    assert (beaker.status, beaker.max_per_order, beaker.available) == (ProductStatus.ACTIVE, 2, 5)


async def test_failed_import_changes_nothing(shop: Shop) -> None:
    rows = [replace(MUG, sku=f"SKU-{number}") for number in range(ROWS_AT_A_TIME)]
    with pytest.raises(SkuTaken):
        await import_rows(shop, *rows, rows[0])
    assert await every_product(shop) == []


async def test_import_reports_progress_per_batch(shop: Shop) -> None:
    told: list[int] = []
    rows = [replace(MUG, sku=f"SKU-{number}") for number in range(ROWS_AT_A_TIME + 1)]
    await shop.import_catalog(rows, actor=STAFF, progress=told.append)
    assert told == [ROWS_AT_A_TIME, 1]


async def test_imports_in_opposite_orders_do_not_deadlock(shop: Shop) -> None:
    rows = [replace(MUG, sku=f"SKU-{number}") for number in range(ROWS_AT_A_TIME + 1)]
    await import_rows(shop, *rows)
    results = await asyncio.gather(
        import_rows(shop, *(named(row, "Beaker") for row in rows)),
        import_rows(shop, *(named(row, "Jug") for row in reversed(rows))),
    )
    assert {result.changed for result in results} == {ROWS_AT_A_TIME + 1}
    assert len({product.name for product in await every_product(shop)}) == 1
