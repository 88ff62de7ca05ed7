from dataclasses import dataclass

from application.orders.ports import OrderQueries
from application.orders.views import OrderView
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, UserId


@dataclass(frozen=True, slots=True)
class GetOrder:
    """Show an order to its customer, or to staff (`only_of` is None). Anybody else's does not exist."""

    orders: OrderQueries

    async def __call__(self, order_id: OrderId, *, only_of: UserId | None) -> OrderView:
        """Raise NotFound."""
        order = await self.orders.get(order_id)
        if order is None or only_of not in {None, order.customer_id}:
            raise NotFound("There is no such order.")
        return order
