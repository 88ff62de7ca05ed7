from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.get_order import GetOrder
from application.orders.ports import OrderQueries
from application.orders.views import FulfillmentView
from domain.shared.errors import NotFound
from domain.shared.ids import FulfillmentId, OrderId


@dataclass(frozen=True, slots=True)
class GetFulfillment:
    """Show one of an order's fulfillments to its customer, or to staff."""

    get_order: GetOrder
    orders: OrderQueries

    async def __call__(
        self, order_id: OrderId, fulfillment_id: FulfillmentId, *, access: OrderAccess
    ) -> FulfillmentView:
        """Raise NotFound."""
        await self.get_order(order_id, access=access)
        fulfillment = await self.orders.fulfillment(order_id, fulfillment_id)
        if fulfillment is None:
            raise NotFound("The order has no such fulfillment.")
        return fulfillment
