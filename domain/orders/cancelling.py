"""Cancelling an order: its stock is released, its money refunded, and its undecided payment voided."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.catalog.stock import Stock
from domain.orders.holds import release
from domain.orders.order import Order
from domain.payments.payment import Payment, PaymentOperation, PaymentStatus
from domain.payments.refund import Refund
from domain.shared.actor import Actor
from domain.shared.ids import ProductId, RefundId

REASON = "The order was cancelled."
_VOIDABLE = frozenset({PaymentStatus.AUTHORIZED, PaymentStatus.REQUIRES_ACTION})


def cancel(
    order: Order,
    payments: Sequence[Payment],
    stocks: Mapping[ProductId, Stock],
    reason: str | None,
    *,
    dispute_override: str | None = None,
    new_id: Callable[[], UUID],
    now: datetime,
    actor: Actor,
) -> Sequence[Refund]:
    """Cancel the order, release its stock, void what is authorized and refund what was captured.

    A pending payment is voided or refunded when the provider reports its result. The order and the stocks must be
    locked. Returns the new refunds. Raises InvalidTransition, OrderDisputed.
    """
    order.ensure_undisputed(dispute_override)
    refunds = [
        Refund.of(payment, payment.remaining, id=RefundId(new_id()), reason=REASON, now=now)
        for payment in payments
        if payment.remaining.amount > 0
    ]
    order.cancel(reason, refunds, now=now, actor=actor)
    release(order, stocks, now=now, actor=actor)
    void_all(payments, now=now)
    return refunds


def void_all(payments: Sequence[Payment], *, now: datetime) -> None:
    """Request a void of each authorized payment and of each that waits for its customer, instead of a capture."""
    for payment in payments:
        if payment.status in _VOIDABLE:
            payment.request_operation(PaymentOperation.VOID, at=now)
