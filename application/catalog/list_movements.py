from dataclasses import dataclass

from application.catalog.ports import StockQueries
from application.catalog.views import MovementView
from application.shared.page import Page, Position
from domain.shared.errors import NotFound
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True)
class ListMovements:
    """Show the ledger of a product's stock, the latest movement first: what, why, by whom."""

    stocks: StockQueries

    async def __call__(
        self, product_id: ProductId, *, after: Position | None, limit: int
    ) -> Page[MovementView]:
        """Raise NotFound."""
        if await self.stocks.get(product_id) is None:
            raise NotFound("There is no such product.")
        return await self.stocks.movements(product_id, after=after, limit=limit)
