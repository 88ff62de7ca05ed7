from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Executable,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    insert,
    select,
    update,
)

from adapters.postgres.catalog.mapping import (
    PRODUCTS,
    movement_values,
    product_from,
    product_values,
    stock_from,
    stock_values,
)
from adapters.postgres.catalog.rows import ProductRow, StockMovementRow, StockRow
from adapters.postgres.core.result_row import typed_rows
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of, written_rows
from adapters.postgres.events.outbox import Outbox
from application.audit.trail import AuditTrail
from application.catalog.ports import ProductRepository, StockRepository
from domain.catalog.product import Product
from domain.catalog.stock import Stock
from domain.shared.ids import ProductId

_GET_PRODUCTS = PRODUCTS.where(ProductRow.id == any_(bindparam("product_ids", type_=ARRAY(Uuid))))
_LOCK_PRODUCTS = _GET_PRODUCTS.order_by(ProductRow.id).with_for_update(key_share=True)
_FIND_PRODUCTS = PRODUCTS.where(ProductRow.sku == any_(bindparam("skus", type_=ARRAY(Text))))
_SEARCH_WORDS = func.array_to_tsvector(bindparam("words", type_=ARRAY(Text)))
_INSERT_PRODUCT = insert(ProductRow).values(search_words=_SEARCH_WORDS)
_UPDATE_PRODUCT = (
    update(ProductRow).where(ProductRow.id == bindparam("saved_id")).values(search_words=_SEARCH_WORDS)
)

_STOCK_COLUMNS = columns_of(StockRow, without={"in_stock"})
_GET_STOCKS = select(*_STOCK_COLUMNS).where(
    StockRow.product_id == any_(bindparam("product_ids", type_=ARRAY(Uuid)))
)
_LOCK_STOCKS = _GET_STOCKS.order_by(StockRow.product_id).with_for_update()
_STOCKS = UnnestedRows("given_stocks", _STOCK_COLUMNS)
_MOVED = UnnestedRows("moved", [*_STOCK_COLUMNS, Column("read_version", BigInteger)])
_MOVEMENTS = UnnestedRows(
    "given_movements",
    columns_of(StockMovementRow),
    repeated={"on_hand_delta", "reserved_delta", "reason", "occurred_at"},
)

_ADD_STOCKS = _MOVEMENTS.insert_into(StockMovementRow).add_cte(_STOCKS.insert_into(StockRow).cte("added"))
_UPDATED = (
    update(StockRow)
    .values(on_hand=_MOVED.c.on_hand, reserved=_MOVED.c.reserved, version=_MOVED.c.version)
    .where(StockRow.product_id == _MOVED.c.product_id, StockRow.version == _MOVED.c.read_version)
    .returning(StockRow.product_id)
    .cte("moved_stocks")
)
# The movements are written only if every stock still has the version that was read.
_ADD_MOVEMENTS = written_rows(
    insert(StockMovementRow).from_select(
        [column.name for column in columns_of(StockMovementRow)],
        select(*_MOVEMENTS.values).where(
            select(func.count()).select_from(_UPDATED).scalar_subquery() == bindparam("stocks_to_move")
        ),
    ),
    "added_movements",
)


class PostgresProductRepository(ProductRepository):
    """Products in PostgreSQL.

    To write several products, the driver executes the same prepared statement once for each product. The
    driver sends all executions before it waits for the responses.
    """

    def __init__(self, transaction: Transaction, outbox: Outbox) -> None:
        self._transaction = transaction
        self._outbox = outbox

    async def add(self, products: Sequence[Product]) -> None:
        if products:
            # All imports insert products in the same sequence. This prevents deadlocks between imports of the same
            # SKUs.
            rows = sorted(map(product_values, products), key=itemgetter("sku"))
            await self._transaction.execute(_INSERT_PRODUCT, rows)
            self._record(products)

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        products = await self._read(_GET_PRODUCTS, {"product_ids": list(set(product_ids))})
        return {product.id: product for product in products}

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        products = await self._read(_LOCK_PRODUCTS, {"product_ids": list(set(product_ids))})
        return {product.id: product for product in products}

    async def find_by_sku(self, skus: Iterable[str]) -> Mapping[str, Product]:
        return {
            product.sku: product for product in await self._read(_FIND_PRODUCTS, {"skus": list(set(skus))})
        }

    async def save(self, products: Sequence[Product]) -> None:
        if products:
            rows = [{"saved_id": product.id, **product_values(product)} for product in products]
            await self._transaction.execute(_UPDATE_PRODUCT, rows)
            self._record(products)

    async def _read(self, statement: Executable, parameters: Mapping[str, object]) -> Iterable[Product]:
        result = await self._transaction.execute(statement, parameters)
        return map(product_from, typed_rows(ProductRow, result.all()))

    def _record(self, products: Sequence[Product]) -> None:
        for product in products:
            self._outbox.record(product.take_events())


class PostgresStockRepository(StockRepository):
    def __init__(self, transaction: Transaction, outbox: Outbox, audit: AuditTrail) -> None:
        self._transaction = transaction
        self._outbox = outbox
        self._audit = audit

    async def add(self, stocks: Sequence[Stock]) -> None:
        if stocks:
            movements = self._take_movements(stocks)
            await self._transaction.execute(
                _ADD_STOCKS,
                _STOCKS.parameters(map(stock_values, stocks)) | _MOVEMENTS.parameters(movements),
            )

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        return await self._read(_GET_STOCKS, product_ids)

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        return await self._read(_LOCK_STOCKS, product_ids)

    async def save(self, stocks: Iterable[Stock]) -> None:
        moved = [stock for stock in stocks if stock.movements]
        if moved:
            changes = _MOVED.parameters(map(_changed, moved))
            movements = self._take_movements(moved)
            await self._transaction.write_later(
                {_UPDATED: len(moved), _ADD_MOVEMENTS: len(movements)},
                {"stocks_to_move": len(moved), **changes, **_MOVEMENTS.parameters(movements)},
            )

    async def _read(
        self, statement: Executable, product_ids: Iterable[ProductId]
    ) -> Mapping[ProductId, Stock]:
        result = await self._transaction.execute(statement, {"product_ids": list(set(product_ids))})
        stocks = map(stock_from, typed_rows(StockRow, result.all()))
        return {stock.product_id: stock for stock in stocks}

    def _take_movements(self, stocks: Iterable[Stock]) -> list[dict[str, object]]:
        """Remove the new movements from the stocks, and return the values of their ledger rows."""
        taken: list[dict[str, object]] = []
        for stock in stocks:
            self._audit.follow_movements(stock.movements)
            self._outbox.record(stock.take_events())
            first = stock.version - len(stock.movements) + 1
            taken += [
                movement_values(version, movement) for version, movement in enumerate(stock.movements, first)
            ]
            stock.movements.clear()
        return taken


def _changed(stock: Stock) -> dict[str, object]:
    """Return the columns of a changed stock, and its version before the changes as `read_version`.

    Each new movement has increased the version by one.
    """
    return {**stock_values(stock), "read_version": stock.version - len(stock.movements)}
