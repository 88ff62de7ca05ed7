"""Lock and load an order that the use case will change."""

from application.orders.access import OrderAccess
from application.unit_of_work import UnitOfWork
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, ReturnId


async def get_order_for_update(work: UnitOfWork, order_id: OrderId, *, access: OrderAccess) -> Order:
    """Lock the order and return it.

    Raises NotFound if the order does not exist or if `access` does not cover the order.
    """
    order = await work.orders.get(order_id)
    if order is None or not access.permits(order.customer_id):
        raise NotFound("There is no such order.")
    return order


async def get_return_for_update(
    work: UnitOfWork, order_id: OrderId, return_id: ReturnId
) -> tuple[Order, OrderReturn]:
    """Lock an order, and find one of its returns. Raises NotFound."""
    order = await get_order_for_update(work, order_id, access=OrderAccess.all())
    for requested in await work.returns.of_order(order_id):
        if requested.id == return_id:
            return order, requested
    raise NotFound("The order has no such return.")
