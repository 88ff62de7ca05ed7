from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.ports import OrderFilter, OrderQueries
from application.orders.views import OrderView
from application.shared.page import Page, Position


@dataclass(frozen=True, slots=True)
class ListOrders:
    """List the orders that the caller has access to: a customer's own, or all orders for staff."""

    orders: OrderQueries

    async def __call__(
        self,
        criteria: OrderFilter,
        *,
        access: OrderAccess,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[OrderView]:
        return await self.orders.list(
            criteria, access=access, descending=descending, after=after, limit=limit
        )
