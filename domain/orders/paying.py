"""Effects of payment results on the order. A result can arrive late, and more than once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.catalog.stock import Stock
from domain.orders.holds import can_be_supplied, reserve
from domain.orders.lifecycle import PAID_AND_ACTIVE, Action, InvalidTransition, OrderStatus, Party
from domain.orders.order import Order
from domain.payments.inquiry import CALL_TIMEOUT
from domain.payments.payment import (
    CaptureMethod,
    Charge,
    Payment,
    PaymentMethod,
    PaymentOperation,
    PaymentStatus,
)
from domain.payments.refund import Refund
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, ValidationFailed, Violation
from domain.shared.ids import PaymentId, ProductId, RefundId
from domain.shared.money import Money

REASON = "The payment came too late, or once too often, for the order."
EXCESS = "More was captured than the order costs."


class PaymentInProgress(DomainError):
    """Another payment of the order may still capture money. `params` contains its id."""

    code = "payment_in_progress"

    def __init__(self, payment_id: PaymentId) -> None:
        super().__init__(
            "Another payment of this order is not decided yet.", params={"payment_id": str(payment_id)}
        )


@dataclass(frozen=True, slots=True)
class Captured:
    """The result of recording a charge.

    `refund` is the refund of money that the order cannot use. `refund` is None if the order can use all the
    money.
    """

    payment: Payment
    refund: Refund | None


def request_payment(
    order: Order,
    payments: Sequence[Payment],
    amount: Money,
    method: PaymentMethod,
    *,
    id: PaymentId,  # noqa: A002 - the parameter has the name of the field
    capture_method: CaptureMethod,
    party: Party,
    now: datetime,
) -> Payment:
    """Request a payment of the order's payable amount.

    `payments` are all payments of the order. The order must be locked.

    Raises PaymentInProgress if one of the payments has no result yet. Also raises InvalidTransition,
    ValidationFailed.
    """
    order.ensure_allows(Action.PAY, party)
    ensure_none_undecided(payments)
    if amount != order.payable:
        raise ValidationFailed(
            "An order is paid all at once: the amount is its total without canceled units.",
            violations=[
                Violation(
                    ("amount",),
                    "not_the_total",
                    f"{order.payable} is to be paid.",
                    {"amount": order.payable.amount, "currency": order.currency},
                )
            ],
        )
    return Payment.request(
        id=id, order_id=order.id, method=method, amount=amount, capture_method=capture_method, now=now
    )


def ensure_none_undecided(payments: Sequence[Payment]) -> None:
    """Raise PaymentInProgress if one of the payments may still capture money."""
    for payment in payments:
        if payment.is_undecided:
            raise PaymentInProgress(payment.id)


def request_capture(order: Order, payment: Payment, amount: Money | None, *, now: datetime) -> None:
    """Request a capture of `amount`, or of the order's payable amount if `amount` is None.

    After the capture, the provider releases the authorized amount that was not captured.

    The order must be locked. Raises InvalidTransition, PaymentInProgress, ValidationFailed.
    """
    order.ensure_allows(Action.CAPTURE, Party.STAFF)
    _ensure_authorized(order, payment, Action.CAPTURE)
    limit = min(payment.amount.amount, order.payable.amount)
    wanted = amount or Money(limit, order.currency)
    if wanted.currency != order.currency or not 1 <= wanted.amount <= limit:
        raise ValidationFailed(
            "A capture takes at most what is authorized and what the order costs.",
            violations=[
                Violation(
                    ("amount",),
                    "exceeds_authorized",
                    f"{Money(limit, order.currency)} can be captured.",
                    {"amount": limit, "currency": order.currency},
                )
            ],
        )
    payment.request_operation(PaymentOperation.CAPTURE, wanted, at=now + CALL_TIMEOUT)


def request_void(order: Order, payment: Payment, party: Party, *, now: datetime) -> None:
    """Request a void of a payment that is authorized or waits for its customer.

    Staff and the owner can void a payment that waits for authentication. Only staff can void an authorized payment.

    The order must be locked. Raises InvalidTransition, PaymentInProgress.
    """
    if payment.status is not PaymentStatus.REQUIRES_ACTION:
        order.ensure_allows(Action.VOID, party)
        _ensure_authorized(order, payment, Action.VOID)
    payment.request_operation(PaymentOperation.VOID, at=now + CALL_TIMEOUT)


def request_captures(order: Order, payments: Sequence[Payment], *, now: datetime) -> None:
    """If a shipped order has an authorized payment, request a capture of the payment."""
    for payment in payments:
        if payment.status is PaymentStatus.AUTHORIZED and payment.requested is None:
            request_capture(order, payment, None, now=now)
            payment.inquire_at = now


def _ensure_authorized(order: Order, payment: Payment, action: Action) -> None:
    if payment.status is not PaymentStatus.AUTHORIZED:
        raise InvalidTransition(order.status, action, order.allowed_actions(Party.STAFF))
    if payment.requested is not None:
        raise PaymentInProgress(payment.id)


def may_need_stock(order: Order) -> bool:
    """Return whether `capture` needs the stocks of the order to be locked."""
    return order.status is OrderStatus.EXPIRED


def require_action(
    order: Order,
    payment: Payment,
    reference: str | None,
    *,
    hold_until: datetime,
    now: datetime,
    actor: Actor,
) -> bool:
    """Record that the customer has to authenticate the payment.

    Returns False if this was already recorded. The order must be locked. The payment times out when the
    order's hold ends. A payment that the order can no longer use is voided.
    """
    if payment.status is not PaymentStatus.PENDING:
        return False
    payment.require_action(reference, until=max(order.expires_at, hold_until), now=now)
    if order.status is OrderStatus.PENDING_PAYMENT:
        order.require_action(payment, hold_until=hold_until, now=now, actor=actor)
        payment.action_until = order.expires_at
    else:
        payment.request_operation(PaymentOperation.VOID, at=now)
    return True


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
    """Record captured money of a payment. Return None if the capture was already recorded.

    A pending order is confirmed. An expired order is reinstated if its stock is available. The capture of an
    authorized payment does not change the status of the order.

    Money above the payable amount is refunded. The order cannot use a second payment, a payment that is too
    small, or a late payment if the stock is no longer available. Such a payment is refunded in full.

    `others` are the order's other payments. The order must be locked. If `may_need_stock` returns True, the
    stocks of the order must also be locked.
    """
    if payment.status is PaymentStatus.CAPTURED:
        if _is_known(charge, payment, others):
            return None
        payment = payment.again(id=PaymentId(new_id()), charge=charge, now=now)
    was_authorized = payment.status is PaymentStatus.AUTHORIZED
    if was_authorized:
        order.release_authorization(payment)
    payment.capture(charge, now=now)
    after = order.refundable.amount + charge.amount.amount
    is_enough = after >= order.payable.amount
    if was_authorized and order.status in PAID_AND_ACTIVE:
        order.record_capture(payment, excess := _excess(order, payment, new_id, now), now=now, actor=actor)
    elif is_enough and order.status is OrderStatus.PENDING_PAYMENT:
        order.confirm(payment, excess := _excess(order, payment, new_id, now), now=now, actor=actor)
    elif is_enough and order.status is OrderStatus.EXPIRED and can_be_supplied(order, stocks):
        reserve(order, stocks, now=now, actor=actor)
        order.reinstate(payment, excess := _excess(order, payment, new_id, now), now=now, actor=actor)
    else:
        refund = Refund.of(payment, payment.captured, id=RefundId(new_id()), reason=REASON, now=now)
        order.record_unapplied_payment(payment, refund, now=now, actor=actor)
        return Captured(payment, refund)
    return Captured(payment, excess)


def _excess(order: Order, payment: Payment, new_id: Callable[[], UUID], now: datetime) -> Refund | None:
    """Return a refund of the captured money that exceeds the payable amount, or None.

    The totals of the order do not include the captured money of `payment` yet.
    """
    excess = order.refundable + payment.captured - order.payable
    if excess.amount < 1:
        return None
    amount = min(excess, payment.captured, key=lambda money: money.amount)
    return Refund.of(payment, amount, id=RefundId(new_id()), reason=EXCESS, now=now)


def void(
    order: Order,
    payment: Payment,
    failure: str | None,
    *,
    hold_until: datetime,
    now: datetime,
    actor: Actor,
) -> bool:
    """Record that the payment was voided. Return False if this was already recorded.

    If no unit of the order was shipped, the order waits for payment again, and holds its stock until
    `hold_until`. The order must be locked.
    """
    if payment.status in {PaymentStatus.CAPTURED, PaymentStatus.VOIDED}:
        return False
    if payment.status is PaymentStatus.FAILED and payment.requested is None:
        return False
    if payment.status is PaymentStatus.AUTHORIZED:
        order.release_authorization(payment)
    payment.void(failure, now=now)
    order.record_void(payment, hold_until=hold_until, now=now, actor=actor)
    return True


def fail(order: Order, payment: Payment, failure: str | None, *, now: datetime, actor: Actor) -> bool:
    """Record that no money was captured. Return False if this was already recorded.

    The order must be locked.
    """
    if payment.status not in {PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION}:
        return False
    payment.fail(failure, now=now)
    order.fail_payment(payment, now=now, actor=actor)
    return True


def _is_known(charge: Charge, payment: Payment, others: Sequence[Payment]) -> bool:
    if charge.reference is None or payment.reference is None:
        return True
    return any(known.reference == charge.reference for known in (payment, *others))
