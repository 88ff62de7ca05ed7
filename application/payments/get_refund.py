from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.queries import GetOrder
from application.payments.ports import PaymentQueries
from application.payments.views import RefundView
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, RefundId


@dataclass(frozen=True, slots=True)
class GetRefund:
    """Show one of an order's refunds to its customer, or to staff."""

    get_order: GetOrder
    payments: PaymentQueries

    async def __call__(self, order_id: OrderId, refund_id: RefundId, *, access: OrderAccess) -> RefundView:
        """Raise NotFound."""
        await self.get_order(order_id, access=access)
        refund = await self.payments.refund(order_id, refund_id)
        if refund is None:
            raise NotFound("The order has no such refund.")
        return refund
