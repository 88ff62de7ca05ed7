"""What an order makes of money that was taken for it, whenever and however often that is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.catalog.stock import Stock
from domain.orders.lifecycle import Action, OrderStatus, Party
from domain.orders.order import Order
from domain.orders.reservations import can_be_supplied, reserve
from domain.payments.method import PaymentMethod
from domain.payments.payment import Charge, Payment, PaymentStatus
from domain.payments.refund import Refund
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, ValidationFailed, Violation
from domain.shared.ids import PaymentId, ProductId, RefundId
from domain.shared.money import Money

REASON = "The payment came too late, or once too often, for the order."


class PaymentInProgress(DomainError):
    """Another payment of the order may still take money. `params` has its id."""

    code = "payment_in_progress"

    def __init__(self, payment_id: PaymentId) -> None:
        super().__init__(
            "Another payment of this order is not decided yet.", params={"payment_id": str(payment_id)}
        )


@dataclass(frozen=True, slots=True)
class Captured:
    """A charge that was noted: the payment that it belongs to, and the refund, if the order cannot use it."""

    payment: Payment
    refund: Refund | None


def request_payment(
    order: Order,
    payments: Sequence[Payment],
    amount: Money,
    method: PaymentMethod,
    *,
    id: PaymentId,  # noqa: A002 - the field's name
    party: Party,
    now: datetime,
) -> Payment:
    """Request a payment of the order's total, which must be the order's only undecided payment.

    `payments` are all payments of the order, which must be locked.

    Raises: InvalidTransition, PaymentInProgress, ValidationFailed.
    """
    order.ensure_allows(Action.PAY, party)
    ensure_none_undecided(payments)
    if amount != order.total:
        raise ValidationFailed(
            "An order is paid all at once: the amount is its total.",
            violations=[
                Violation(
                    ("amount",),
                    "not_the_total",
                    f"The order's total is {order.total}.",
                    {"amount": order.total.amount, "currency": order.total.currency},
                )
            ],
        )
    return Payment.request(id=id, order_id=order.id, method=method, amount=amount, now=now)


def ensure_none_undecided(payments: Sequence[Payment]) -> None:
    """Raise PaymentInProgress if one of the payments may still take money."""
    for payment in payments:
        if payment.is_undecided:
            raise PaymentInProgress(payment.id)


def may_need_stock(order: Order) -> bool:
    """Tell whether `capture` needs the order's stocks, locked."""
    return order.status is OrderStatus.EXPIRED


def capture(
    order: Order,
    payment: Payment,
    others: Sequence[Payment],
    charge: Charge,
    stocks: Mapping[ProductId, Stock],
    *,
    new_id: Callable[[], UUID],
    now: datetime,
    actor: Actor,
) -> Captured | None:
    """Note that money was taken for one of the order's payments, and return None if that was known.

    A pending order is confirmed. An expired one is revived if it can still be supplied. Whatever the order cannot
    use goes back, all of it: what comes too late, once too often, or is too little. `others` are the order's other
    payments. The order must be locked, and its stocks as well if it `may_need_stock`.
    """
    if payment.status is PaymentStatus.CAPTURED:
        if _is_known(charge, payment, others):
            return None
        payment = payment.again(id=PaymentId(new_id()), charge=charge, now=now)
    payment.capture(charge, now=now)
    is_enough = order.refundable.amount + charge.amount.amount >= order.total.amount
    if is_enough and order.status is OrderStatus.PENDING_PAYMENT:
        order.confirm(payment, now=now, actor=actor)
    elif is_enough and order.status is OrderStatus.EXPIRED and can_be_supplied(order, stocks):
        reserve(order, stocks, now=now, actor=actor)
        order.revive(payment, now=now, actor=actor)
    else:
        refund = Refund.of(payment, payment.captured, id=RefundId(new_id()), reason=REASON, now=now)
        order.orphan(payment, refund, now=now, actor=actor)
        return Captured(payment, refund)
    return Captured(payment, None)


def fail(order: Order, payment: Payment, failure: str | None, *, now: datetime, actor: Actor) -> bool:
    """Note that nothing was taken, and tell whether that was news. The order must be locked."""
    if payment.status is not PaymentStatus.PENDING:
        return False
    payment.fail(failure, now=now)
    order.fail_payment(payment, now=now, actor=actor)
    return True


def _is_known(charge: Charge, payment: Payment, others: Sequence[Payment]) -> bool:
    if charge.reference is None or payment.reference is None:
        return True
    return any(known.reference == charge.reference for known in (payment, *others))
