from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    Uuid,
    any_,
    bindparam,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.catalog.mapping import movement_view_from, product_view_from, stock_from
from adapters.postgres.catalog.rows import (
    ProductRow,
    ProductWithStockRow,
    StockMovementRow,
    StockRow,
    StockWithSkuRow,
)
from adapters.postgres.core.data_loader import DataLoader
from adapters.postgres.core.keyset import Key, page_of, shown
from adapters.postgres.core.reader import AutocommitReader, Reader
from adapters.postgres.core.result_row import typed_rows
from adapters.postgres.core.unnest import columns_of
from application.catalog.ports import ProductFilter, ProductQueries, ProductSort, StockQueries
from application.catalog.views import MovementView, ProductView, StockView
from application.shared.page import Page, Position
from domain.catalog import search
from domain.catalog.product import SKU
from domain.shared.ids import ProductId

_PRODUCTS = select(
    *columns_of(ProductRow, without={"search_words", "search_typos", "search_version"}),
    (StockRow.on_hand - StockRow.reserved).label("available"),
    (ProductRow.version + StockRow.version - ProductRow.stock_version).label("version_with_stock"),
).join(StockRow, StockRow.product_id == ProductRow.id)
_GET = _PRODUCTS.where(ProductRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
_KEYS: Mapping[ProductSort, Key] = {
    ProductSort.CREATED_AT: (ProductRow.created_at, ProductRow.id),
    ProductSort.NAME: (ProductRow.sort_name, ProductRow.id),
    ProductSort.PRICE: (ProductRow.price_amount, ProductRow.id),
}
_STOCK = (
    select(*columns_of(StockRow, without={"in_stock"}), ProductRow.sku)
    .join(ProductRow, ProductRow.id == StockRow.product_id)
    .where(StockRow.product_id == bindparam("product_id"))
)
_LATEST = (StockMovementRow.version,)


class PostgresProductQueries(ProductQueries):
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read_products = self._reader.prepare(_GET)
        self._gets = DataLoader(self._get)

    async def get(self, product_id: ProductId) -> ProductView | None:
        return await self._gets.get(product_id)

    async def _get(self, product_ids: Collection[ProductId]) -> Mapping[ProductId, ProductView]:
        rows = await self._read_products({"ids": list(product_ids)})
        views = map(product_view_from, typed_rows(ProductWithStockRow, rows))
        return {view.id: view for view in views}

    async def list(
        self,
        criteria: ProductFilter,
        *,
        sort: ProductSort,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[ProductView]:
        key = _KEYS[sort]
        found = _PRODUCTS.where(*_conditions(criteria))
        exact: list[ProductView] = []
        if criteria.query is not None and limit > 1 and not any(SKU.violations(criteria.query, "q")):
            if after is None:
                rows = await self._read(found.where(ProductRow.sku == criteria.query))
                exact = [product_view_from(row) for row in rows]
            found = found.where(ProductRow.sku != criteria.query)
        limit -= len(exact)
        statement = page_of(found, key, descending=descending, after=after, limit=limit)
        others = shown(await self._read(statement), key, limit=limit, show=product_view_from)
        return Page((*exact, *others.items), others.next)

    async def count(self, criteria: ProductFilter) -> int:
        found = _PRODUCTS.with_only_columns(func.count(), maintain_column_froms=True)
        [row] = await self._reader.all(found.where(*_conditions(criteria)))
        return int(row[0])

    async def _read(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> Sequence[ProductWithStockRow]:
        return typed_rows(ProductWithStockRow, await self._reader.all(statement, parameters))


class PostgresStockQueries(StockQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def get(self, product_id: ProductId) -> StockView | None:
        rows = await self._reader.all(_STOCK, {"product_id": product_id})
        for row in typed_rows(StockWithSkuRow, rows):
            return StockView.of(stock_from(row), row.sku)
        return None

    async def movements(
        self, product_id: ProductId, *, after: Position | None, limit: int
    ) -> Page[MovementView]:
        ledger = select(*columns_of(StockMovementRow)).where(StockMovementRow.product_id == product_id)
        statement = page_of(ledger, _LATEST, descending=True, after=after, limit=limit)
        rows = typed_rows(StockMovementRow, await self._reader.all(statement))
        return shown(rows, _LATEST, limit=limit, show=movement_view_from)


def _conditions(criteria: ProductFilter) -> Iterator[ColumnElement[bool]]:
    if criteria.status is not None:
        # The status is a literal. With a bound value, PostgreSQL does not use the index on the prices of active
        # products.
        yield ProductRow.status == literal(criteria.status.value, literal_execute=True)
    if criteria.sku is not None:
        yield ProductRow.sku == criteria.sku
    if criteria.currency is not None:
        yield ProductRow.price_currency == criteria.currency
    if criteria.min_price is not None:
        yield ProductRow.price_amount >= criteria.min_price
    if criteria.max_price is not None:
        yield ProductRow.price_amount <= criteria.max_price
    if criteria.in_stock is not None:
        # The value is a literal, so that the planner can estimate the number of matching products.
        yield StockRow.in_stock.is_(criteria.in_stock)
    if criteria.changed_after is not None:
        yield ProductRow.updated_at >= criteria.changed_after
    if criteria.changed_before is not None:
        yield ProductRow.updated_at < criteria.changed_before
    if criteria.query is not None:
        yield from _matches(criteria.query)


def _matches(query: str) -> Iterator[ColumnElement[bool]]:
    """Yield a condition for each term of the query. Yield `false` if the query has no terms.

    `domain.catalog.search` defines the terms.
    """
    terms = search.terms(query)
    if not terms:
        yield false()
    for term in terms:
        # A word consists of letters, digits and marks, so no character needs escaping.
        lexeme = f"'{term.word}':*" if term.is_prefix else f"'{term.word}'"
        if term.joined is not None:
            lexeme += f" | '{term.joined}':*"
        found = ProductRow.search_words.op("@@")(cast(lexeme, TSQUERY))
        variants = sorted(search.typo_variants(term.word))
        yield or_(found, ProductRow.search_typos.overlap(variants)) if variants else found
