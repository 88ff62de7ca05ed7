from collections.abc import Mapping
from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.queries import GetOrder
from application.payments.next_actions import with_next_action
from application.payments.ports import PaymentQueries
from application.payments.provider_ports import PaymentGateways
from application.payments.views import PaymentView, RefundView
from application.shared.page import Page, Position
from domain.payments.payment import PaymentMethod
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, PaymentId, RefundId


@dataclass(frozen=True, slots=True)
class GetPayment:
    """Show one of an order's payments to the customer of the order, or to staff.

    If the customer has to authenticate the payment, the customer also gets `next_action`.
    """

    get_order: GetOrder
    payments: PaymentQueries
    gateways: PaymentGateways

    async def __call__(self, order_id: OrderId, payment_id: PaymentId, *, access: OrderAccess) -> PaymentView:
        """Return the payment. Raises NotFound."""
        await self.get_order(order_id, access=access)
        payment = await self.payments.payment(order_id, payment_id)
        if payment is None:
            raise NotFound("The order has no such payment.")
        return await with_next_action(self.gateways, payment, access)


@dataclass(frozen=True, slots=True)
class ListPayments:
    """List the payments of an order, oldest first. Only the customer and staff can read them."""

    get_order: GetOrder
    payments: PaymentQueries

    async def __call__(
        self, order_id: OrderId, *, access: OrderAccess, after: Position | None, limit: int
    ) -> Page[PaymentView]:
        """Return a page of payments. Raises NotFound."""
        await self.get_order(order_id, access=access)
        return await self.payments.payments(order_id, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class GetRefund:
    """Show one of an order's refunds to the customer of the order, or to staff."""

    get_order: GetOrder
    payments: PaymentQueries

    async def __call__(self, order_id: OrderId, refund_id: RefundId, *, access: OrderAccess) -> RefundView:
        """Return the refund. Raises NotFound."""
        await self.get_order(order_id, access=access)
        refund = await self.payments.refund(order_id, refund_id)
        if refund is None:
            raise NotFound("The order has no such refund.")
        return refund


@dataclass(frozen=True, slots=True)
class ListRefunds:
    """List the refunds of an order, oldest first. Only the customer and staff can read them."""

    get_order: GetOrder
    payments: PaymentQueries

    async def __call__(
        self, order_id: OrderId, *, access: OrderAccess, after: Position | None, limit: int
    ) -> Page[RefundView]:
        """Return a page of refunds. Raises NotFound."""
        await self.get_order(order_id, access=access)
        return await self.payments.refunds(order_id, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class FindMissingProviders:
    """Count the unsettled payments and refunds whose provider is not configured.

    These payments and refunds are settled after the provider is configured again.
    """

    payments: PaymentQueries
    gateways: PaymentGateways

    async def __call__(self) -> Mapping[PaymentMethod, int]:
        """Return the number of unsettled payments and refunds of each provider that is not configured.

        Raises DatabaseUnavailable, Overloaded.
        """
        unsettled = await self.payments.unsettled()
        return {method: count for method, count in unsettled.items() if method not in self.gateways}
