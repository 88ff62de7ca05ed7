from dataclasses import dataclass

from application.orders.views import QuoteView
from application.unit_of_work import UnitOfWorkFactory
from domain.orders.placing import OrderRequest, Shelf, quote


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    """Say what an order would cost if it were placed now, or why it would be refused. Nothing is held."""

    unit_of_work: UnitOfWorkFactory

    async def __call__(self, request: OrderRequest) -> QuoteView:
        """Raise ProductUnavailable, OutOfStock, PriceChanged, ValidationFailed."""
        async with self.unit_of_work() as work:
            product_ids = {line.product_id for line in request.lines}
            stocks = await work.stocks.get(product_ids)
            products = await work.products.get(product_ids)
        return QuoteView.of(quote(request, Shelf(products, stocks)))
