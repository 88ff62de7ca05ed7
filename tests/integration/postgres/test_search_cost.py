"""A search with the maximum number of terms reads the catalog a few times at most.

The limit is the same for all terms.
"""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.catalog.queries import PostgresProductQueries
from adapters.postgres.core.reader import AutocommitReader
from application.catalog.ports import ProductFilter, ProductSort
from domain.catalog.search import MAX_TERMS, terms
from tests.integration.postgres.sent import statements_of

PRODUCTS = 5_000
LETTERS = "a b c d e f g h"
COMMON = "aaaaa bbbbb ccccc ddddd eeeee fffff ggggg hhhhh"
WITH_AN_ABSENT_WORD = "aaaaa bbbbb ccccc ddddd eeeee fffff ggggg absent"
MISSPELLED = "aaaab aaaac bbbbc bbbbd ccccd cccce dddde ddddf"
READINGS = 3
"""How many times a search may read all rows and blocks of the catalog.

All rows may be read once in an index, once in the table, and once for the stock.
"""

STOCKS = """
    INSERT INTO stocks (product_id, on_hand, reserved, version)
    SELECT gen_random_uuid(), 1, 0, 1 FROM generate_series(1, $1::int)
"""
WORDS_OF_PRODUCTS = """
    INSERT INTO products (id, sku, name, description, price_amount, price_currency, attributes, status, version,
                          stock_version, created_at, updated_at, sort_name, search_words, search_typos, search_version)
    SELECT product_id, 'SKU-' || n, 'Product', repeat('x', 200), n, 'EUR', '{}', 'active', 1, 1, now(), now(), 'p' || n,
           array_to_tsvector(string_to_array($1, ' ') ||
               ARRAY(SELECT word FROM unnest(string_to_array($2, ' ')) WITH ORDINALITY AS words (word, place)
                     WHERE place <> n % $3 + 1)),
           '{}', 1
    FROM (SELECT product_id, row_number() OVER () AS n FROM stocks) AS numbered
"""
"""Inserts the products. Each product has all letters, and all words except one.

Every term therefore matches many products, but no product matches all terms.
"""


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes_of(child)


def rows_read(plan: dict[str, Any]) -> int:
    """Return the number of rows that the nodes of a plan return or filter out."""
    rows = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(int(node["Actual Loops"] * sum(node.get(row, 0) for row in rows)) for node in nodes_of(plan))


@pytest.mark.parametrize("query", [LETTERS, COMMON, WITH_AN_ABSENT_WORD, MISSPELLED])
async def test_search_with_the_maximum_number_of_terms_reads_a_bounded_number_of_rows(
    engine: AsyncEngine, psql: asyncpg.Connection, query: str
) -> None:
    assert len(terms(query)) == MAX_TERMS
    await psql.execute(STOCKS, PRODUCTS)
    await psql.execute(WORDS_OF_PRODUCTS, LETTERS, COMMON, MAX_TERMS)
    await psql.execute("VACUUM ANALYZE products, stocks")
    blocks_in_all = await psql.fetchval(
        "SELECT (pg_total_relation_size('products') + pg_total_relation_size('stocks')) / 8192"
    )
    with statements_of(engine) as sent:
        await PostgresProductQueries(AutocommitReader(engine)).list(
            ProductFilter(query=query), sort=ProductSort.NAME, descending=False, after=None, limit=20
        )
    [(statement, parameters)] = sent
    explained = await psql.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *parameters)
    plan = json.loads(explained)[0]["Plan"]
    assert rows_read(plan) <= READINGS * PRODUCTS
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= READINGS * blocks_in_all
