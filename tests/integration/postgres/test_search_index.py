"""Search words that an earlier release stored are recomputed in the background."""

import asyncpg
import pytest

from application.catalog.ports import ProductFilter, ProductSort
from application.catalog.refresh_search_index import RefreshSearchIndex
from tests.kit.shop import Shop

WRITE_AS_BEFORE = "UPDATE products SET search_words = array_to_tsvector(ARRAY['øl']), sort_name = 'øl', version = version + 1"


async def found(shop: Shop, query: str) -> int:
    page = await shop.store.products.list(
        ProductFilter(query=query), sort=ProductSort.NAME, descending=False, after=None, limit=100
    )
    return len(page.items)


@pytest.mark.parametrize("number", [1, 5])
async def test_search_words_that_an_earlier_release_stored_are_recomputed_in_batches(
    shop: Shop, psql: asyncpg.Connection, number: int
) -> None:
    for _ in range(number):
        await shop.product(name="Øl")
    assert await shop.store.product_search_index.refresh(limit=100) == 0
    await psql.execute(WRITE_AS_BEFORE)
    assert await found(shop, "ol") == 0
    await RefreshSearchIndex(shop.store.product_search_index, limit=2)()
    assert await found(shop, "ol") == number
    assert await psql.fetchval("SELECT DISTINCT sort_name FROM products") == "ol"
    assert await shop.store.product_search_index.refresh(limit=100) == 0


async def test_recomputing_search_words_skips_products_with_locked_rows(
    shop: Shop, psql: asyncpg.Connection
) -> None:
    await shop.product(name="Øl")
    await psql.execute(WRITE_AS_BEFORE)
    async with psql.transaction():
        await psql.execute("SELECT FROM products FOR UPDATE")
        assert await shop.store.product_search_index.refresh(limit=100) == 0
    assert await shop.store.product_search_index.refresh(limit=100) == 1
