from dataclasses import dataclass

from application.orders.release_expired_holds import Demand, demand_of
from application.orders.views import QuoteView
from application.shared.batching import Batcher
from application.unit_of_work import UnitOfWorkFactory
from domain.orders.placing import OrderRequest, OutOfStock, ProductsWithStock, Quote, quote


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    """Return the price that an order would have now. No order is placed.

    If the order would be rejected, the preview is rejected with the same error. No stock is reserved.
    """

    unit_of_work: UnitOfWorkFactory
    hold_releases: Batcher[Demand, bool]

    async def __call__(self, request: OrderRequest) -> QuoteView:
        """Return the price. Raises ProductUnavailable, OutOfStock, PriceChanged, ValidationFailed."""
        try:
            return QuoteView.of(await self._quote(request))
        except OutOfStock:
            if not await self.hold_releases.submit(demand_of(request)):
                raise
        return QuoteView.of(await self._quote(request))

    async def _quote(self, request: OrderRequest) -> Quote:
        async with self.unit_of_work() as work:
            product_ids = {line.product_id for line in request.lines}
            stocks = await work.stocks.get(product_ids)
            products = await work.products.get(product_ids)
        return quote(request, ProductsWithStock(products, stocks))
