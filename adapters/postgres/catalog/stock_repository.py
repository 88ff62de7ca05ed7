from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ARRAY, BigInteger, Column, Uuid, any_, bindparam, func, insert, select, update

from adapters.postgres.catalog.mapping import movement_values, stock_from, stock_values
from adapters.postgres.core.rows import StockMovementRow, StockRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from application.audit.trail import AuditTrail
from application.catalog.ports import StockRepository
from domain.catalog.stock import Stock
from domain.shared.ids import ProductId

_COLUMNS = columns_of(StockRow, without={"in_stock"})
_GET = select(*_COLUMNS).where(StockRow.product_id == any_(bindparam("product_ids", type_=ARRAY(Uuid))))
_LOCK = _GET.order_by(StockRow.product_id).with_for_update()
_STOCKS = UnnestedRows("given_stocks", _COLUMNS)
_MOVED = UnnestedRows("moved", [*_COLUMNS, Column("read_version", BigInteger)])
_MOVEMENTS = UnnestedRows("given_movements", columns_of(StockMovementRow))

_ADD = _MOVEMENTS.insert_into(StockMovementRow).add_cte(_STOCKS.insert_into(StockRow).cte("added"))
_UPDATED = (
    update(StockRow)
    .values(on_hand=_MOVED.c.on_hand, reserved=_MOVED.c.reserved, version=_MOVED.c.version)
    .where(StockRow.product_id == _MOVED.c.product_id, StockRow.version == _MOVED.c.read_version)
    .returning(StockRow.product_id)
    .cte("updated")
)
# The ledger is written if every stock was as it had been read, and else nothing of it: its rows tell.
_SAVE = (
    insert(StockMovementRow)
    .from_select(
        [column.name for column in columns_of(StockMovementRow)],
        select(_MOVEMENTS.table).where(
            select(func.count()).select_from(_UPDATED).scalar_subquery() == bindparam("moved_stocks")
        ),
    )
    .execution_options(preserve_rowcount=True)
)


class PostgresStockRepository(StockRepository):
    def __init__(self, transaction: Transaction, audit: AuditTrail) -> None:
        self._transaction = transaction
        self._audit = audit

    async def add(self, stocks: Sequence[Stock]) -> None:
        if stocks:
            movements = self._take_movements(stocks)
            await self._transaction.execute(
                _ADD,
                _STOCKS.parameters(map(stock_values, stocks)) | _MOVEMENTS.parameters(movements),
            )

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        rows = await self._transaction.execute(_GET, {"product_ids": list(set(product_ids))})
        return {stock.product_id: stock for stock in map(stock_from, rows)}

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        rows = await self._transaction.execute(_LOCK, {"product_ids": list(set(product_ids))})
        return {stock.product_id: stock for stock in map(stock_from, rows)}

    async def save(self, stocks: Iterable[Stock]) -> None:
        moved = [stock for stock in stocks if stock.movements]
        if moved:
            changes = _MOVED.parameters(map(_changed, moved))
            movements = self._take_movements(moved)
            await self._transaction.write(
                _SAVE,
                {"moved_stocks": len(moved), **changes, **_MOVEMENTS.parameters(movements)},
                rows=len(movements),
            )

    def _take_movements(self, stocks: Iterable[Stock]) -> list[dict[str, object]]:
        """Return the stocks' new movements, each with the version that it led to, and forget them."""
        taken: list[dict[str, object]] = []
        for stock in stocks:
            self._audit.follow_movements(stock.movements)
            first = stock.version - len(stock.movements) + 1
            taken += [
                movement_values(version, movement) for version, movement in enumerate(stock.movements, first)
            ]
            stock.movements.clear()
        return taken


def _changed(stock: Stock) -> dict[str, object]:
    """Return the stock as it is now, and the version at which it was read: each movement has added one."""
    return {**stock_values(stock), "read_version": stock.version - len(stock.movements)}
