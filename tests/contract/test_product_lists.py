from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from application.catalog.plan_import import CatalogRow
from application.catalog.ports import ProductFilter, ProductSort
from application.catalog.views import ProductView
from application.shared.page import Page, Position
from domain.catalog import search
from domain.catalog.product import ProductChanges, ProductStatus
from domain.shared.money import MAX_AMOUNT, Money
from tests.kit.actors import SOMEBODY
from tests.kit.pages import all_items, pages
from tests.kit.shop import Shop

ALPHABET = "aäÄbBzZ é-_9東😀\ufd3e"


async def stock_up(shop: Shop, random: Random, *, count: int) -> None:
    """Import products. Many products have equal names, prices or timestamps."""
    rows = [
        CatalogRow(
            line=2,
            sku=f"SKU-{random.getrandbits(64):x}",
            changes=ProductChanges(
                name="".join(random.choices(ALPHABET, k=random.randint(1, 2))),
                price=Money(random.choice([0, 1, 999, MAX_AMOUNT]), "EUR"),
            ),
            initial_stock=random.randint(0, 1),
        )
        for _ in range(count)
    ]
    shop.clock.advance(timedelta(microseconds=random.randint(0, 1)))
    await shop.import_rows(*rows)


def sort_key(product: ProductView, sort: ProductSort) -> tuple[object, ...]:
    values = {
        ProductSort.CREATED_AT: product.created_at,
        ProductSort.NAME: search.folded(product.name),
        ProductSort.PRICE: product.price.amount,
    }
    return values[sort], product.id


async def listed(
    shop: Shop,
    criteria: ProductFilter,
    *,
    sort: ProductSort = ProductSort.NAME,
    descending: bool = False,
    limit: int = 100,
) -> list[ProductView]:
    async def page_after(after: Position | None) -> Page[ProductView]:
        return await shop.store.products.list(
            criteria, sort=sort, descending=descending, after=after, limit=limit
        )

    return await all_items(page_after)


async def names(shop: Shop, criteria: ProductFilter) -> list[str]:
    return [product.name for product in await listed(shop, criteria)]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ProductSort)
async def test_product_pages_contain_each_product_exactly_once_despite_concurrent_inserts(
    shop: Shop, sort: ProductSort, descending: bool
) -> None:
    random = Random(f"{sort} {descending}")  # noqa: S311 - the fixed seed makes every run the same
    for _ in range(5):
        await stock_up(shop, random, count=5)
    there_all_the_time = await listed(shop, ProductFilter(), sort=sort, descending=descending)

    async def page_after(after: Position | None) -> Page[ProductView]:
        return await shop.store.products.list(
            ProductFilter(), sort=sort, descending=descending, after=after, limit=random.randint(1, 4)
        )

    seen: list[ProductView] = []
    async for page in pages(page_after):
        seen += page.items
        if len(seen) < 20:
            await stock_up(shop, random, count=2)
    assert len(there_all_the_time) == 25
    assert [product for product in seen if product in there_all_the_time] == there_all_the_time
    assert seen == sorted(seen, key=lambda product: sort_key(product, sort), reverse=descending)
    assert len({product.id for product in seen}) == len(seen)


async def test_product_names_are_sorted_by_code_point_ignoring_case_and_accents(shop: Shop) -> None:
    in_order = ["9 lives", "äpfel", "Apfel 2", "banana", "Éclair", "zebra", "Ωmega", "東京", "\ufd3e", "😀"]
    for name in reversed(in_order):
        await shop.product(name=name)
    assert await names(shop, ProductFilter()) == in_order


async def test_full_last_page_of_products_has_no_next_page(shop: Shop) -> None:
    for _ in range(2):
        await shop.product()
    page = await shop.store.products.list(
        ProductFilter(), sort=ProductSort.PRICE, descending=False, after=None, limit=2
    )
    assert len(page.items) == 2
    assert page.next is None


async def test_product_list_of_an_empty_shop_is_empty(shop: Shop) -> None:
    page = await shop.store.products.list(
        ProductFilter(), sort=ProductSort.NAME, descending=True, after=None, limit=2
    )
    assert page == Page((), None)


async def test_listed_products_equal_products_read_by_id(shop: Shop) -> None:
    mug = await shop.product(stock=5, attributes={"colour": "red"}, max_per_order=3)
    await shop.order(mug, quantity=2)
    assert await listed(shop, ProductFilter()) == [await shop.get_product(mug.id, include_archived=True)]


async def test_products_are_filtered_by_currency_and_price(shop: Shop) -> None:
    for name, amount, currency in [
        ("a", 100, "EUR"),
        ("b", 200, "EUR"),
        ("c", 300, "EUR"),
        ("d", 200, "JPY"),
    ]:
        await shop.product(name=name, price=amount, currency=currency)
    expected = {
        ProductFilter(): ["a", "b", "c", "d"],
        ProductFilter(currency="EUR"): ["a", "b", "c"],
        ProductFilter(currency="JPY"): ["d"],
        ProductFilter(currency="USD"): [],
        ProductFilter(currency="EUR", min_price=200): ["b", "c"],
        ProductFilter(currency="EUR", max_price=200): ["a", "b"],
        ProductFilter(currency="EUR", min_price=200, max_price=200): ["b"],
        ProductFilter(currency="EUR", min_price=201, max_price=200): [],
        ProductFilter(currency="EUR", min_price=0, max_price=MAX_AMOUNT): ["a", "b", "c"],
    }
    assert {criteria: await names(shop, criteria) for criteria in expected} == expected


async def test_products_are_filtered_by_availability(shop: Shop) -> None:
    await shop.product(name="nothing there", stock=0)
    await shop.product(name="one there", stock=1)
    await shop.order(await shop.product(name="one reserved", stock=1))
    assert await names(shop, ProductFilter(in_stock=True)) == ["one there"]
    assert await names(shop, ProductFilter(in_stock=False)) == ["nothing there", "one reserved"]


async def test_products_are_filtered_by_status(shop: Shop) -> None:
    await shop.product(name="on sale")
    archived = await shop.product(name="off sale")
    await shop.archive_product(archived.id, expected_version=archived.version, actor=SOMEBODY)
    assert await names(shop, ProductFilter()) == ["on sale"]
    assert await names(shop, ProductFilter(status=ProductStatus.ARCHIVED)) == ["off sale"]
    assert await names(shop, ProductFilter(status=None)) == ["off sale", "on sale"]


async def test_several_product_filters_can_be_combined(shop: Shop) -> None:
    await shop.product(name="red mug", price=100, stock=1)
    await shop.product(name="red mug, dear", price=900, stock=1)
    await shop.product(name="red mug, gone", price=100, stock=0)
    await shop.product(name="blue mug", price=100, stock=1)
    criteria = ProductFilter(query="mug red", currency="EUR", max_price=500, in_stock=True)
    assert await names(shop, criteria) == ["red mug"]


async def test_products_are_filtered_by_the_time_of_the_last_edit(shop: Shop) -> None:
    await shop.product(name="Mug")
    cup = await shop.product(name="Cup")
    shop.clock.advance(timedelta(hours=1))
    noon = shop.clock.now()
    await shop.archive_product(cup.id, expected_version=cup.version, actor=SOMEBODY)
    assert await names(shop, ProductFilter(status=None, changed_after=noon)) == ["Cup"]
    assert await names(shop, ProductFilter(status=None, changed_before=noon)) == ["Mug"]
    assert await names(shop, ProductFilter(changed_after=noon + timedelta(microseconds=1))) == []


async def test_product_count_equals_the_length_of_the_list(shop: Shop) -> None:
    for stock in (0, 1, 2):
        await shop.product(stock=stock)
    for criteria in (ProductFilter(), ProductFilter(in_stock=True), ProductFilter(query="nothing")):
        assert await shop.store.products.count(criteria) == len(await listed(shop, criteria))


async def test_export_returns_every_product_oldest_first(shop: Shop) -> None:
    products = [await shop.product() for _ in range(5)]
    export = replace(shop.export_products, limit=2)
    assert [product async for product in export(ProductFilter())] == products
