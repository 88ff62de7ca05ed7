from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.catalog.mapping import stock_from
from adapters.postgres.core.keyset import page_of, shown
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import ProductRow, StockMovementRow, StockRow
from adapters.postgres.core.unnest import columns_of
from application.catalog.ports import StockQueries
from application.catalog.views import MovementView, StockView
from application.shared.page import Page, Position
from domain.catalog.stock import MovementReason
from domain.shared.ids import ProductId

_GET = (
    select(*columns_of(StockRow, without={"in_stock"}), ProductRow.sku)
    .join(ProductRow, ProductRow.id == StockRow.product_id)
    .where(StockRow.product_id == bindparam("product_id"))
)
_LATEST = (StockMovementRow.version,)


class PostgresStockQueries(StockQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def get(self, product_id: ProductId) -> StockView | None:
        row = await self._reader.one_or_none(_GET, {"product_id": product_id})
        return StockView.of(stock_from(row), row.sku) if row else None

    async def movements(
        self, product_id: ProductId, *, after: Position | None, limit: int
    ) -> Page[MovementView]:
        ledger = select(*columns_of(StockMovementRow)).where(StockMovementRow.product_id == product_id)
        statement = page_of(ledger, _LATEST, descending=True, after=after, limit=limit)
        return shown(await self._reader.all(statement), _LATEST, limit=limit, show=_movement_view)


def _movement_view(row: ResultRow) -> MovementView:
    return MovementView(
        on_hand_delta=row.on_hand_delta,
        reserved_delta=row.reserved_delta,
        on_hand=row.on_hand,
        reserved=row.reserved,
        reason=MovementReason(row.reason),
        note=row.note,
        order_id=row.order_id,
        actor_id=row.actor_id,
        request_id=row.request_id,
        at=row.occurred_at,
    )
