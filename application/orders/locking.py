"""Taking an order in hand."""

from application.unit_of_work import UnitOfWork
from domain.orders.order import Order
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, UserId


async def get_order_for_update(
    work: UnitOfWork, order_id: OrderId, *, only_of: UserId | None = None
) -> Order:
    """Return the order, locked. Raises NotFound, also where it is not that of `only_of`."""
    order = await work.orders.get(order_id)
    if order is None or only_of not in {None, order.customer_id}:
        raise NotFound("There is no such order.")
    return order
