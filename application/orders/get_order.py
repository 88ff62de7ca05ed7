from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.ports import OrderQueries
from application.orders.views import OrderView
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId


@dataclass(frozen=True, slots=True)
class GetOrder:
    """Show an order. An order that the caller has no access to does not exist for the caller."""

    orders: OrderQueries

    async def __call__(self, order_id: OrderId, *, access: OrderAccess) -> OrderView:
        """Raise NotFound."""
        order = await self.orders.get(order_id, access=access)
        if order is None:
            raise NotFound("There is no such order.")
        return order
