from dataclasses import dataclass

from application.catalog.ports import StockQueries
from application.catalog.views import StockView
from domain.shared.errors import NotFound
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True)
class GetStock:
    """Show how many of a product there are, and how many of those are reserved for orders."""

    stocks: StockQueries

    async def __call__(self, product_id: ProductId) -> StockView:
        """Raise NotFound."""
        stock = await self.stocks.get(product_id)
        if stock is None:
            raise NotFound("There is no such product.")
        return stock
