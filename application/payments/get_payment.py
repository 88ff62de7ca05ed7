from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.queries import GetOrder
from application.payments.next_actions import with_next_action
from application.payments.ports import PaymentGateways, PaymentQueries
from application.payments.views import PaymentView
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, PaymentId


@dataclass(frozen=True, slots=True)
class GetPayment:
    """Show one of an order's payments to its customer, or to staff.

    Where the customer has to authenticate the payment, the customer also gets `next_action`.
    """

    get_order: GetOrder
    payments: PaymentQueries
    gateways: PaymentGateways

    async def __call__(self, order_id: OrderId, payment_id: PaymentId, *, access: OrderAccess) -> PaymentView:
        """Raise NotFound."""
        await self.get_order(order_id, access=access)
        payment = await self.payments.payment(order_id, payment_id)
        if payment is None:
            raise NotFound("The order has no such payment.")
        return await with_next_action(self.gateways, payment, access)
