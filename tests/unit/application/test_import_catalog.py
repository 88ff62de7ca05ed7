from dataclasses import replace

import pytest

from application.catalog.import_catalog import ImportResult
from application.catalog.plan_import import ROWS_AT_A_TIME, CatalogRow, InvalidRows
from application.catalog.ports import SkuTaken
from application.catalog.views import ProductView
from domain.catalog.product import MAX_ATTRIBUTES, ProductChanges, ProductStatus
from domain.shared.money import Money
from tests.invariants import assert_invariants, every_product
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.shop import Shop

MUG = CatalogRow(
    line=2,
    sku="MUG",
    changes=ProductChanges(
        name="Mug",
        description="Holds 300 ml",
        price=Money(999, "EUR"),
        attributes={"colour": "red", "size": "L"},
        max_per_order=10,
    ),
    initial_stock=5,
)
CUP = replace(MUG, line=3, sku="CUP", changes=replace(MUG.changes, name="Cup"))
MANY = [replace(MUG, sku=f"SKU-{number:04}") for number in range(ROWS_AT_A_TIME + 1)]


def changing(**fields: object) -> CatalogRow:
    return replace(MUG, changes=ProductChanges(**fields), initial_stock=99)  # type: ignore[arg-type] # values of several types


async def mug_of(shop: Shop) -> ProductView:
    [mug] = [product for product in await every_product(shop) if product.sku == "MUG"]
    return mug


async def test_import_creates_new_products_with_initial_stock(shop: Shop) -> None:
    assert await shop.import_rows(MUG, CUP) == ImportResult(created=2, changed=0, unchanged=0)
    products = await every_product(shop)
    assert [(product.sku, product.available) for product in products] == [("MUG", 5), ("CUP", 5)]
    await assert_invariants(shop)


async def test_second_import_of_the_same_rows_changes_nothing(shop: Shop) -> None:
    await shop.import_rows(MUG, CUP)
    before = await every_product(shop)
    assert await shop.import_rows(MUG, CUP) == ImportResult(created=0, changed=0, unchanged=2)
    assert await every_product(shop) == before


async def test_import_does_not_change_fields_that_a_row_omits(shop: Shop) -> None:
    await shop.import_rows(MUG, CUP)
    [mug, cup] = await every_product(shop)
    result = await shop.import_rows(changing(price=Money(1, "EUR"), attributes={"size": "XL"}))
    assert result == ImportResult(created=0, changed=1, unchanged=0)
    [changed, untouched] = await every_product(shop)
    assert untouched == cup
    attributes = {"colour": "red", "size": "XL"}
    assert changed == replace(mug, price=Money(1, "EUR"), attributes=attributes, version=mug.version + 1)


async def test_null_in_an_import_clears_a_field_or_an_attribute(shop: Shop) -> None:
    await shop.import_rows(MUG)
    await shop.import_rows(changing(description=None, max_per_order=None, attributes={"size": None}))
    mug = await mug_of(shop)
    assert (mug.description, mug.max_per_order, mug.attributes) == ("", None, {"colour": "red"})
    await shop.import_rows(changing(attributes=None))
    assert (await mug_of(shop)).attributes == {}


async def test_archived_product_is_activated_only_by_an_import_row_with_a_status(shop: Shop) -> None:
    await shop.import_rows(MUG)
    mug = await mug_of(shop)
    await shop.archive_product(mug.id, expected_version=mug.version, actor=SOMEBODY)
    assert await shop.import_rows(MUG) == ImportResult(created=0, changed=0, unchanged=1)
    assert (await mug_of(shop)).status is ProductStatus.ARCHIVED
    await shop.import_rows(changing(status=ProductStatus.ACTIVE))
    assert (await mug_of(shop)).status is ProductStatus.ACTIVE


async def test_import_in_replace_mode_resets_fields_that_a_row_omits(shop: Shop) -> None:
    await shop.import_rows(MUG)
    mug = await mug_of(shop)
    await shop.archive_product(mug.id, expected_version=mug.version, actor=SOMEBODY)
    row = changing(name="Beaker", price=Money(1, "EUR"), attributes={"size": "XL"})
    assert (await shop.import_rows(row, replace=True)).changed == 1
    beaker = await mug_of(shop)
    assert (beaker.name, beaker.description, beaker.max_per_order) == ("Beaker", "", None)
    assert (beaker.price, beaker.attributes) == (Money(1, "EUR"), {"size": "XL"})
    assert (beaker.status, beaker.available) == (ProductStatus.ACTIVE, 5)


async def test_import_can_create_an_archived_product(shop: Shop) -> None:
    row = replace(MUG, changes=replace(MUG.changes, status=ProductStatus.ARCHIVED))
    assert (await shop.import_rows(row)).created == 1
    assert (await mug_of(shop)).status is ProductStatus.ARCHIVED
    assert (await shop.import_rows(row)).unchanged == 1


async def test_invalid_import_rows_are_reported_with_line_numbers(shop: Shop) -> None:
    await shop.import_rows(MUG)
    too_many = {f"key {number}": "" for number in range(MAX_ATTRIBUTES)}
    with pytest.raises(InvalidRows) as refused:
        await shop.import_rows(
            replace(CUP, line=4, changes=ProductChanges(description="No name, no price")),
            replace(changing(attributes=too_many), line=5),
        )
    assert [(line, violation.path, violation.code) for line, violation in refused.value.violations] == [
        (4, ("name",), "missing"),
        (4, ("price",), "missing"),
        (5, ("attributes",), "too_many"),
    ]
    assert len(await every_product(shop)) == 1


async def test_import_in_replace_mode_rejects_a_row_without_a_price(shop: Shop) -> None:
    await shop.import_rows(MUG)
    with pytest.raises(InvalidRows):
        await shop.import_rows(changing(name="Beaker"), replace=True)


async def test_import_plan_lists_changes_but_does_not_store_the_changes(shop: Shop) -> None:
    await shop.import_rows(MUG)
    before = await every_product(shop)
    rows = [changing(name="Beaker"), CUP]
    plan = await shop.plan_import(rows, replace=False, progress=lambda _: None)
    assert [
        (row.row.sku, row.before and row.before.details.name, row.after.details.name) for row in plan.rows
    ] == [
        ("MUG", "Mug", "Beaker"),
        ("CUP", None, "Cup"),
    ]
    assert plan.unchanged == 0
    assert await every_product(shop) == before


async def test_failed_import_changes_nothing(shop: Shop) -> None:
    plan = await shop.plan_import(MANY, replace=False, progress=lambda _: None)
    await shop.product(sku=MANY[-1].sku, name="Created since")
    with pytest.raises(SkuTaken):
        await shop.import_catalog(plan, actor=STAFF, progress=lambda _: None)
    assert [product.name for product in await every_product(shop)] == ["Created since"]


async def test_import_reports_progress_per_batch(shop: Shop) -> None:
    compared: list[int] = []
    written: list[int] = []
    plan = await shop.plan_import(MANY, replace=False, progress=compared.append)
    await shop.import_catalog(plan, actor=STAFF, progress=written.append)
    assert compared == written == [ROWS_AT_A_TIME, 1]
