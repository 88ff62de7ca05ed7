"""Authorizations of an order's payable amount.

The functions record an authorization, announce its end, and renew or void the authorization.
"""

from collections.abc import Sequence
from datetime import datetime

from domain.orders.lifecycle import PAID_AND_ACTIVE, OrderStatus
from domain.orders.order import Order
from domain.payments.payment import (
    ENDING_NOTICE,
    RENEW_BEFORE_END,
    RENEWED_FOR,
    Payment,
    PaymentOperation,
    PaymentStatus,
)
from domain.shared.actor import Actor


def authorize(
    order: Order,
    payment: Payment,
    others: Sequence[Payment],
    reference: str | None,
    *,
    until: datetime | None,
    now: datetime,
    actor: Actor,
) -> bool:
    """Record that the payment is authorized. Return False if this was already recorded.

    A pending order is confirmed. If the order cannot use the authorization, the authorization is voided. A
    refund is not needed, because no money was captured.

    `others` are the other payments of the order. After `payment` was reported as failed, the
    customer may have started another payment. If that payment has no result yet, the authorization of `payment`
    is voided. The order must be locked.
    """
    if payment.status in {PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED, PaymentStatus.VOIDED}:
        return False
    is_usable = order.status is OrderStatus.PENDING_PAYMENT and payment.amount == order.payable
    if is_usable and payment.requested is None and not any(other.is_undecided for other in others):
        payment.decided_at = None
        payment.authorize(reference, until=until, now=now)
        order.authorize(payment, now=now, actor=actor)
        return True
    if payment.requested is not None:
        return False
    payment.reference = reference or payment.reference
    payment.request_operation(PaymentOperation.VOID, at=now)
    return True


def renew(order: Order, payment: Payment, until: datetime | None, *, now: datetime, actor: Actor) -> bool:
    """Record the end of an authorization, as the provider has reported it.

    If the reported end is not later than the recorded end, return False and record nothing. If no end was
    recorded before, the end is recorded without an event. The order must be locked.
    """
    known = payment.authorized_until
    if until is None or (known is not None and until <= known):
        return False
    if not payment.is_watched or order.status not in PAID_AND_ACTIVE:
        return False
    payment.renew(until, now=now)
    if known is not None:
        order.renew_authorization(payment, now=now, actor=actor)
    return True


def may_be_renewed(payment: Payment, *, now: datetime) -> bool:
    """Return whether to ask the provider to renew the authorization.

    If the payment was requested longer than `RENEWED_FOR` ago, no renewal is requested. A forgotten order
    therefore does not reserve money forever.
    """
    return now - payment.requested_at < RENEWED_FOR


def watch_authorization(order: Order, payment: Payment, *, now: datetime, actor: Actor) -> None:
    """Announce that an authorization ends soon, or void the authorization an hour before its end.

    If a part of the order was shipped, the authorization is not voided. Staff can then capture the payment
    until the provider ends the authorization. The order must be locked.
    """
    end = payment.authorized_until
    if not payment.is_watched or end is None:
        return
    if not payment.is_ending_announced and now >= end - ENDING_NOTICE:
        payment.announce_ending(end=end)
        order.announce_ending(payment, now=now, actor=actor)
    elif payment.is_ending_announced and now >= end - RENEW_BEFORE_END:
        if order.fulfilled_units == 0:
            payment.request_operation(PaymentOperation.VOID, at=now)
        else:
            payment.inquire_at = end
