"""How many rows searches read in a large catalog, as measured by EXPLAIN ANALYZE."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.catalog.queries import PostgresProductQueries
from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.migrations import upgrade
from adapters.postgres.core.reader import AutocommitReader
from application.catalog.ports import ProductFilter, ProductSort
from benchmarks.database import Server
from domain.catalog import search

TEMPLATES = 20_000
"""The number of different names, and of different descriptions, in the catalog.

Many products have the same name or the same description.
"""
PAGE = 20
SYLLABLES = "ba be bi co cra da fe go ha ki lo mu na pe ra se ti vo wa zu".split()  # noqa: SIM905 - the string is shorter than a list of quoted words
COMMON = (  # noqa: SIM905 - the string is shorter than a list of quoted words
    "mug red blue shirt table lamp oil olive thor luk usb cable holder glass wood steel small large kitchen garden coffee "
    "tea vitamin tablets strasse orange green bottle set of with and"
).split()
WORDS = [*COMMON, "for", "the", *(first + second for first in SYLLABLES for second in SYLLABLES)]
"""The words of the catalog.

PostgreSQL needs at least 100 frequent words in a column to estimate how many rows match a prefix.
"""
NAMES = (
    "Øl krus", "Łuk drewniany", "Þór hamar", "Straße", "綿の布団", "無印良品 収納", "เสื้อยืดสีขาว", "USB-C cable", "T-shirt",
    "Crème brûlée", "Æbleskive", "Đuro",
)  # fmt: skip
QUERIES = (
    "ol", "luk", "thor", "strasse", "布団", "布", "良品", "สีขาว", "usbc", "USB-C", "usb", "mug c", "t shirt", "vitamin c tablets",
    "brulee", "bruleee", "o", "s", "a b c d e f g h", "aa bb cc dd ee ff gg hh", "mug red blue shirt table lamp oil glass",
    "of with and for the set small large", "shirtt tablee lampp olivee glasss woodd steell bottlee", "nothing-like-this",
    "the", "product 4711",
)  # fmt: skip
_INDEXES = {"ix_products_search_words": "search_words", "ix_products_search_typos": "search_typos"}
_INSERT = """
INSERT INTO stocks (product_id, on_hand, reserved, version)
SELECT ('000000b0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 5, 0, 1 FROM generate_series(1, {products}) AS n;

INSERT INTO products (id, sku, name, description, price_amount, price_currency, attributes, max_per_order, status, version,
                      stock_version, created_at, updated_at, sort_name, search_words, search_typos, search_version)
SELECT ('000000b0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'SKU-' || n, name, '', 1000, 'EUR', '{{}}', NULL,
       'active', 1, 1, now() - interval '1 minute' * n, now(), name, array_to_tsvector(words), typos, 1
FROM generate_series(1, {products}) AS n JOIN templates ON number = n % {templates}
"""


@dataclass(frozen=True, slots=True)
class Read:
    """The cost of one page of a search.

    For each step of the plan, the returned and the removed rows are added. `rows` is the largest of these sums.
    """

    query: str
    products: int
    rows: int
    milliseconds: float


async def measure(server: Server, products: int) -> list[Read]:
    """Return the cost of the first page of each query, as measured by EXPLAIN ANALYZE."""
    async with _catalog(server, products) as (engine, connection):
        queries = PostgresProductQueries(AutocommitReader(engine))
        reads: list[Read] = []

        async def page(query: str, limit: int = PAGE) -> int:
            criteria = ProductFilter(query=query)
            found = await queries.list(
                criteria, sort=ProductSort.CREATED_AT, descending=True, after=None, limit=limit
            )
            return len(found.items)

        for query in QUERIES:
            with _statements_of(engine) as sent:
                count = await page(query)
            statement, parameters = sent[-1]
            plan = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *parameters)
            [root] = json.loads(plan)
            reads.append(Read(query, count, max(_rows_of(root["Plan"])), root["Execution Time"]))
        return reads


@contextmanager
def _statements_of(engine: AsyncEngine) -> Iterator[list[tuple[str, Sequence[object]]]]:
    """Collect the statements that the engine sends, with their parameters."""
    sent: list[tuple[str, Sequence[object]]] = []

    def note(*arguments: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event passes arguments of any type
        _connection, _cursor, statement, parameters, *_ = arguments
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", note)


def _rows_of(node: Mapping[str, Any]) -> Iterator[int]:
    """For each step of a plan, yield the number of returned and removed rows."""
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    yield int((node["Actual Rows"] + removed) * node["Actual Loops"])
    for part in node.get("Plans", ()):
        yield from _rows_of(part)


@asynccontextmanager
async def _catalog(server: Server, products: int) -> AsyncIterator[tuple[AsyncEngine, asyncpg.Connection]]:
    name = await asyncio.to_thread(server.create)
    try:
        await asyncio.to_thread(upgrade, server.url_of(name))
        connection = await server.connect(name)
        try:
            await _fill(connection, products)
            # The timeout is longer than in production. The timeout in production would cancel slow statements that
            # this study measures.
            engine = create_engine(server.url_of(name), statement_timeout=timedelta(minutes=5))
            try:
                yield engine, connection
            finally:
                await engine.dispose()
        finally:
            await connection.close()
    finally:
        await asyncio.to_thread(server.drop, name)


async def _fill(connection: asyncpg.Connection, products: int) -> None:
    """Create products. The names and descriptions consist of words in several writing systems.

    Indexes are built after the rows are inserted.
    """
    await connection.execute(
        "CREATE TEMPORARY TABLE templates (number int, name text, words text[], typos text[])"
    )
    await connection.copy_records_to_table("templates", records=_templates())
    for index in _INDEXES:
        await connection.execute(f"DROP INDEX {index}")
    await connection.execute(_INSERT.format(products=products, templates=TEMPLATES))
    for index, column in _INDEXES.items():
        await connection.execute(f"CREATE INDEX {index} ON products USING gin ({column})")
    await connection.execute("VACUUM ANALYZE")


def _templates() -> Iterator[tuple[int, str, list[str], list[str]]]:
    chance = random.Random(7)  # noqa: S311 - with a seed, the random numbers are the same in every run
    for number in range(TEMPLATES):
        name = " ".join([chance.choice(NAMES), *chance.sample(COMMON, 2), chance.choice(WORDS), str(number)])
        words = search.indexed_words(
            f"SKU-{number} {name} {' '.join(chance.sample(COMMON, 4) + chance.sample(WORDS, 6))}"
        )
        typos = frozenset[str]().union(*map(search.typo_variants, search.words(f"SKU-{number} {name}")))
        yield number, name, sorted(words), sorted(typos)
