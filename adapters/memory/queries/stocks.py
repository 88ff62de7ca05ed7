from adapters.memory.database import MemoryDatabase, reach
from adapters.memory.queries.keyset import page
from application.catalog.ports import StockQueries
from application.catalog.views import MovementView, StockView
from application.shared.page import Page, Position
from domain.catalog.stock import Movement
from domain.shared.ids import ProductId


class MemoryStockQueries(StockQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, product_id: ProductId) -> StockView | None:
        await reach()
        tables = self._database.tables
        product = tables.products.get(product_id)
        return StockView.of(tables.stocks[product_id], product.sku) if product else None

    async def movements(
        self, product_id: ProductId, *, after: Position | None, limit: int
    ) -> Page[MovementView]:
        await reach()
        ledger = [
            (version, movement)
            for (id_, version), movement in self._database.tables.movements.items()
            if id_ == product_id
        ]
        return page(
            ledger,
            position=lambda numbered: (numbered[0],),
            show=lambda numbered: _view(numbered[1]),
            descending=True,
            after=after,
            limit=limit,
        )


def _view(movement: Movement) -> MovementView:
    return MovementView(
        on_hand_delta=movement.on_hand_delta,
        reserved_delta=movement.reserved_delta,
        on_hand=movement.on_hand,
        reserved=movement.reserved,
        reason=movement.reason,
        note=movement.note,
        order_id=movement.order_id,
        actor_id=movement.actor.id,
        request_id=movement.actor.request_id,
        at=movement.at,
    )
