from dataclasses import dataclass, replace

from application.orders.ports import OrderFilter, OrderQueries
from application.orders.views import OrderView
from application.shared.page import Page, Position
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class ListOrders:
    """List the orders of one customer, or of all customers for staff (`only_of` is None), in portions."""

    orders: OrderQueries

    async def __call__(
        self,
        criteria: OrderFilter,
        *,
        only_of: UserId | None,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[OrderView]:
        if only_of is not None:
            if criteria.customer_id not in {None, only_of}:
                return Page((), None)
            criteria = replace(criteria, customer_id=only_of)
        return await self.orders.list(criteria, descending=descending, after=after, limit=limit)
