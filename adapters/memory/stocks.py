from collections.abc import Iterable, Mapping, Sequence

from adapters.memory.copying import copied
from adapters.memory.database import reach
from adapters.memory.locks import Row
from adapters.memory.transaction import IntegrityError, Transaction
from application.audit.trail import AuditTrail
from application.catalog.ports import StockRepository
from domain.catalog.stock import ReservationExceedsStock, Stock
from domain.shared.ids import ProductId


def stock_row(product_id: ProductId) -> Row:
    """Return what is locked before a product or its stock is changed."""
    return "stocks", product_id.hex


class MemoryStockRepository(StockRepository):
    def __init__(self, transaction: Transaction, audit: AuditTrail) -> None:
        self._transaction = transaction
        self._audit = audit

    async def add(self, stocks: Sequence[Stock]) -> None:
        await reach()
        await self._transaction.lock(stock_row(stock.product_id) for stock in stocks)
        for stock in stocks:
            if stock.product_id in self._transaction.tables.stocks:
                self._transaction.fail(IntegrityError("stock added twice"))
            self._write(stock)

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        await reach()
        stocks = self._transaction.tables.stocks
        return {id_: copied(stocks[id_]) for id_ in sorted(set(product_ids)) if id_ in stocks}

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        wanted = set(product_ids)
        await self._transaction.lock(stock_row(product_id) for product_id in wanted)
        return await self.get(wanted)

    async def save(self, stocks: Iterable[Stock]) -> None:
        await reach()
        for stock in stocks:
            self._transaction.ensure_locked(stock_row(stock.product_id))
            kept = self._transaction.tables.stocks[stock.product_id]
            if kept.version != stock.version - len(stock.movements):
                self._transaction.fail(IntegrityError("stock written that another write has changed since"))
            self._write(stock)

    def _write(self, stock: Stock) -> None:
        if not 0 <= stock.reserved <= stock.on_hand:
            self._transaction.fail(ReservationExceedsStock())
        self._audit.follow_movements(stock.movements)
        first = stock.version - len(stock.movements) + 1
        for version, movement in enumerate(stock.movements, first):
            self._transaction.tables.movements[stock.product_id, version] = movement
        stock.movements.clear()
        self._transaction.tables.stocks[stock.product_id] = copied(stock)
