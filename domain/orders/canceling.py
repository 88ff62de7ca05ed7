"""Cancellation of an order or of some units.

A cancellation releases stock, refunds captured money and voids payments that have no final result.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.catalog.stock import Stock
from domain.orders.holds import release, release_units
from domain.orders.lifecycle import Action, OrderStatus, Party
from domain.orders.line import CancelledLine
from domain.orders.order import Order
from domain.orders.paying import PaymentInProgress
from domain.orders.units import sum_units_to_ship
from domain.payments.payment import Payment, PaymentOperation, PaymentStatus
from domain.payments.refund import Refund, RefundedLine
from domain.shared.actor import Actor
from domain.shared.ids import ProductId, RefundId
from domain.shared.money import Money

REASON = "The order was canceled."
LINES_REASON = "Units of the order were canceled."
_VOIDABLE = frozenset({PaymentStatus.AUTHORIZED, PaymentStatus.REQUIRES_ACTION})


def cancel(
    order: Order,
    payments: Sequence[Payment],
    stocks: Mapping[ProductId, Stock],
    reason: str | None,
    *,
    party: Party,
    dispute_override: str | None = None,
    new_id: Callable[[], UUID],
    now: datetime,
    actor: Actor,
) -> Sequence[Refund]:
    """Cancel the order, release its stock, void authorized payments and refund captured money.

    A pending payment is voided or refunded when the provider reports the result. The order and the stocks must
    be locked. Returns the new refunds. Raises InvalidTransition, OrderDisputed.
    """
    order.ensure_allows(Action.CANCEL, party)
    order.ensure_undisputed(dispute_override)
    refunds = [
        Refund.of(payment, payment.remaining, id=RefundId(new_id()), reason=REASON, now=now)
        for payment in payments
        if payment.remaining.amount > 0
    ]
    release(order, stocks, now=now, actor=actor)
    order.cancel(reason, refunds, now=now, actor=actor)
    void_all(payments, now=now)
    return refunds


def cancel_lines(
    order: Order,
    payments: Sequence[Payment],
    parts: Sequence[CancelledLine],
    stocks: Mapping[ProductId, Stock],
    reason: str | None,
    *,
    party: Party,
    dispute_override: str | None = None,
    new_id: Callable[[], UUID],
    now: datetime,
    actor: Actor,
) -> Sequence[Refund]:
    """Cancel units that are left to ship, release their stock and refund their price.

    Only money that was captured for the units is refunded. Returns the new refunds. The order and the stocks
    must be locked.

    If no unit was fulfilled and no unit is left to ship, the whole order is canceled. An unpaid order is also
    canceled if its remaining units cost nothing.

    Raises InvalidTransition, OrderDisputed, PaymentInProgress. Raises ValidationFailed if more units of a line
    are requested than are left to ship. The error lists every such line. A retry of the same request also
    fails, because the number of units left to ship never increases.
    """
    order.ensure_allows(Action.CANCEL_LINES, party)
    order.ensure_undisputed(dispute_override)
    lines = _summed(order, parts)
    if _ends(order, lines):
        return cancel(
            order,
            payments,
            stocks,
            reason,
            party=party,
            dispute_override=dispute_override,
            new_id=new_id,
            now=now,
            actor=actor,
        )
    _ensure_amounts_are_known(payments)
    refund = _refund_of(order, payments, lines, new_id=new_id, now=now)
    release_units(order, lines, stocks, now=now, actor=actor)
    order.cancel_lines(lines, reason, refund, now=now, actor=actor)
    return [refund] if refund else []


def void_all(payments: Sequence[Payment], *, now: datetime) -> None:
    """Request a void of every payment that is authorized or waits for the customer.

    A void replaces a requested capture.
    """
    for payment in payments:
        if payment.status in _VOIDABLE:
            payment.request_operation(PaymentOperation.VOID, at=now)


def _ends(order: Order, lines: Sequence[CancelledLine]) -> bool:
    """Return whether canceling these units cancels the whole order."""
    if sum(line.quantity for line in lines) == order.units_left_to_ship:
        return order.fulfilled_units == 0
    return order.status is OrderStatus.PENDING_PAYMENT and _cost(order, lines) == order.payable


def _cost(order: Order, lines: Sequence[CancelledLine]) -> Money:
    return Money.sum((order.line(part.line_id).unit_price * part.quantity for part in lines), order.currency)


def _ensure_amounts_are_known(payments: Sequence[Payment]) -> None:
    """Raise PaymentInProgress if an undecided payment may still capture the price of the units."""
    for payment in payments:
        is_authorized = payment.status is PaymentStatus.AUTHORIZED and payment.requested is None
        if payment.is_undecided and not is_authorized:
            raise PaymentInProgress(payment.id)


def _refund_of(
    order: Order,
    payments: Sequence[Payment],
    lines: Sequence[CancelledLine],
    *,
    new_id: Callable[[], UUID],
    now: datetime,
) -> Refund | None:
    """Return the refund of the money that was captured for the canceled units.

    If only a part of the price was captured, the captured money first pays for the units that stay in the
    order. Only the rest of the captured money is refunded.
    """
    payment = max(payments, key=lambda payment: payment.remaining.amount, default=None)
    if payment is None:
        return None
    cost = _cost(order, lines)
    not_captured = max(0, order.payable.amount - payment.captured.amount)
    amount = min(cost.amount - not_captured, payment.remaining.amount)
    if amount < 1:
        return None
    return Refund.of(
        payment,
        Money(amount, order.currency),
        id=RefundId(new_id()),
        reason=LINES_REASON,
        lines=tuple(RefundedLine(part.line_id, part.quantity) for part in lines),
        now=now,
    )


def _summed(order: Order, parts: Sequence[CancelledLine]) -> tuple[CancelledLine, ...]:
    summed = sum_units_to_ship(
        order,
        parts,
        code="exceeds_left_to_ship",
        message="A quantity is at least 1, and at most what is neither fulfilled nor canceled.",
    )
    units = summed.ensure_valid("These units cannot be canceled.")
    return tuple(CancelledLine(line_id, quantity) for line_id, quantity in units.items())
