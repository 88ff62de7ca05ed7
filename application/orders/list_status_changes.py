from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.get_order import GetOrder
from application.orders.ports import OrderQueries
from application.orders.views import StatusChangeView
from application.shared.page import Page, Position
from domain.shared.ids import OrderId


@dataclass(frozen=True, slots=True)
class ListStatusChanges:
    """Show what has become of an order, the first change first: what, when, by whom, why."""

    get_order: GetOrder
    orders: OrderQueries

    async def __call__(
        self, order_id: OrderId, *, access: OrderAccess, after: Position | None, limit: int
    ) -> Page[StatusChangeView]:
        """Raise NotFound."""
        await self.get_order(order_id, access=access)
        return await self.orders.history(order_id, after=after, limit=limit)
