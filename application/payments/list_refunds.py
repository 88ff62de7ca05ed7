from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.queries import GetOrder
from application.payments.ports import PaymentQueries
from application.payments.views import RefundView
from application.shared.page import Page, Position
from domain.shared.ids import OrderId


@dataclass(frozen=True, slots=True)
class ListRefunds:
    """List the refunds of an order for its customer or for staff, oldest first."""

    get_order: GetOrder
    payments: PaymentQueries

    async def __call__(
        self, order_id: OrderId, *, access: OrderAccess, after: Position | None, limit: int
    ) -> Page[RefundView]:
        """Raise NotFound."""
        await self.get_order(order_id, access=access)
        return await self.payments.refunds(order_id, after=after, limit=limit)
