"""Calling an order off, and giving back what it held and what it cost."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.catalog.stock import Stock
from domain.orders.order import Order
from domain.orders.reservations import release
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.actor import Actor
from domain.shared.ids import ProductId, RefundId

REASON = "The order was cancelled."


def cancel(
    order: Order,
    payments: Sequence[Payment],
    stocks: Mapping[ProductId, Stock],
    reason: str | None,
    *,
    new_id: Callable[[], UUID],
    now: datetime,
    actor: Actor,
) -> Sequence[Refund]:
    """Cancel the order, release what it has reserved, and promise to give back all that was taken for it.

    The order and the stocks must be locked. Raises InvalidTransition.
    """
    refunds = [
        Refund.of(payment, payment.remaining, id=RefundId(new_id()), reason=REASON, now=now)
        for payment in payments
        if payment.remaining.amount > 0
    ]
    order.cancel(reason, refunds, now=now, actor=actor)
    release(order, stocks, now=now, actor=actor)
    return refunds
