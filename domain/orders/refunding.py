"""Refunds of an order. The refunds never exceed the captured amount."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.catalog.stock import Stock
from domain.orders.holds import release_units
from domain.orders.lifecycle import PAID_AND_ACTIVE, Action, Party
from domain.orders.line import CancelledLine
from domain.orders.order import Order
from domain.orders.units import sum_units_to_ship
from domain.payments.payment import DisputeStatus, Payment
from domain.payments.refund import Refund, RefundChannel, RefundedLine, RefundStatus
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, ValidationFailed, Violation
from domain.shared.ids import ProductId, RefundId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True)
class Failed:
    """The result of recording a failed refund.

    `retry` is the new refund, or None if the shop does not owe the money.
    """

    retry: Refund | None


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """The effect of a refund that was started at the provider.

    `changed` are scheduled refunds that were settled or reduced. `added` is the new refund, if a new refund is
    needed.
    """

    changed: tuple[Refund, ...]
    added: Refund | None


class RefundExceedsPaid(DomainError):
    """The amount exceeds the refundable money, or a quantity exceeds the units left to ship."""

    code = "refund_exceeds_paid"

    def __init__(self, refundable: Money, violations: Sequence[Violation] = ()) -> None:
        super().__init__(
            f"At most {refundable} can be refunded now.",
            params={"refundable": refundable.amount, "currency": refundable.currency},
            violations=violations,
        )


def request_refund(
    order: Order,
    payments: Sequence[Payment],
    amount_or_lines: Money | Sequence[RefundedLine],
    stocks: Mapping[ProductId, Stock],
    reason: str,
    *,
    id: RefundId,  # noqa: A002 - the parameter has the name of the field
    channel: RefundChannel = RefundChannel.ORIGINAL,
    dispute_override: str | None = None,
    now: datetime,
    actor: Actor,
) -> Refund:
    """Request a refund of an amount or of some units.

    Only units that are left to ship can be refunded. The refund cancels these units. A refund of an amount
    changes no units. An external refund is settled immediately, because the shop has paid the money back by
    other means. The order and the stocks of refunded units must be locked.

    Raises InvalidTransition, OrderDisputed, RefundExceedsPaid, ValidationFailed.
    """
    if order.status not in PAID_AND_ACTIVE:
        order.ensure_allows(Action.REFUND, Party.STAFF)
    order.ensure_undisputed(dispute_override)
    lines = () if isinstance(amount_or_lines, Money) else _summed(order, amount_or_lines)
    amount = amount_or_lines if isinstance(amount_or_lines, Money) else _cost(order, lines)
    _ensure_positive(amount, order)
    payment = max(payments, key=lambda payment: payment.remaining.amount, default=None)
    if payment is None or amount.amount > payment.remaining.amount:
        raise RefundExceedsPaid(payment.remaining if payment else Money.zero(order.currency))
    refund = Refund.of(payment, amount, id=id, reason=reason, lines=lines, now=now, is_sent_at_once=True)
    refund.channel = channel
    override = dispute_override if order.open_disputes else None
    cancelled = tuple(CancelledLine(part.line_id, part.quantity) for part in lines)
    release_units(order, cancelled, stocks, now=now, actor=actor)
    order.request_refund(refund, cancelled, override=override, now=now, actor=actor)
    if channel is RefundChannel.EXTERNAL:
        settle(order, refund, now=now, actor=actor)
    return refund


def record_provider_refund(
    order: Order,
    payment: Payment,
    refunds: Sequence[Refund],
    amount: Money,
    reference: str | None,
    reason: str,
    *,
    new_id: Callable[[], UUID],
    now: datetime,
    actor: Actor,
) -> ProviderRefund:
    """Record a refund that was started at the provider and not by the shop.

    The shop may have scheduled a refund that is not sent yet. If the scheduled refund has the same amount, the
    scheduled refund counts as settled. If the scheduled refund is larger, the payment's remaining money may
    not be sufficient for both refunds. In this case, the amount that was refunded at the provider is
    subtracted from the scheduled refund.

    `refunds` are all refunds of the order. The order must be locked.
    """
    if any(refund.reference == reference for refund in refunds if reference is not None):
        return ProviderRefund((), None)
    unsent = [
        refund
        for refund in refunds
        if refund.payment_id == payment.id
        and refund.status is RefundStatus.PENDING
        and refund.reference is None
    ]
    for refund in unsent:
        if refund.amount == amount:
            refund.reference = reference
            settle(order, refund, now=now, actor=actor)
            return ProviderRefund((refund,), None)
    reduced: list[Refund] = []
    for refund in unsent:
        if amount.amount > payment.remaining.amount and refund.amount.amount > amount.amount:
            refund.amount -= amount
            payment.returned -= amount
            order.pending_refund_total -= amount
            reduced.append(refund)
    amount = min(amount, payment.remaining, key=lambda money: money.amount)
    if amount.amount < 1:
        return ProviderRefund(tuple(reduced), None)
    made = Refund.made_by_provider(
        payment, amount, id=RefundId(new_id()), reference=reference, reason=reason, now=now
    )
    order.record_refund(made, now=now, actor=actor)
    return ProviderRefund(tuple(reduced), made)


def open_dispute(order: Order, payment: Payment, *, now: datetime, actor: Actor) -> bool:
    """Record that the customer disputes a payment. Return False if this was already recorded.

    The order must be locked.
    """
    if payment.dispute is not None:
        return False
    payment.dispute = DisputeStatus.OPEN
    order.open_dispute(payment, now=now, actor=actor)
    return True


def close_dispute(order: Order, payment: Payment, *, is_won: bool, now: datetime, actor: Actor) -> bool:
    """Record how a dispute was decided. Return False if this was already recorded.

    The order must be locked.
    """
    if payment.dispute in {DisputeStatus.WON, DisputeStatus.LOST}:
        return False
    was_open = payment.dispute is DisputeStatus.OPEN
    payment.dispute = DisputeStatus.WON if is_won else DisputeStatus.LOST
    order.close_dispute(payment, is_won=is_won, was_open=was_open, now=now, actor=actor)
    return True


def settle(order: Order, refund: Refund, *, now: datetime, actor: Actor) -> bool:
    """Record that a refund succeeded. Return False if its success or failure was already recorded.

    A refund with the status `failed` does not change, because another refund may have replaced this refund.
    The order must be locked.
    """
    if refund.status is not RefundStatus.PENDING:
        return False
    refund.succeed(now=now)
    order.settle_refund(refund, now=now, actor=actor)
    return True


def fail(
    order: Order,
    refund: Refund,
    others: Sequence[Refund],
    payment: Payment,
    failure: str | None,
    *,
    new_id: Callable[[], UUID],
    now: datetime,
    actor: Actor,
) -> Failed | None:
    """Record a failed refund. Return None if this was already recorded.

    A bank can reject a refund after the provider has reported a success. If the shop owes the money, another refund
    of the same amount is scheduled.

    The shop owes the money in three cases:

    - The order is canceled or expired.
    - The refund was for units.
    - Without the refund, the shop would keep more than the payable amount.

    In all other cases, staff decide whether to refund the amount again.

    `others` are the order's other refunds. The order must be locked.
    """
    if refund.status is RefundStatus.FAILED:
        return None
    had_succeeded = refund.status is RefundStatus.SUCCEEDED
    refund.fail(failure, payment, now=now)
    retry = None
    if (
        order.status not in PAID_AND_ACTIVE
        or refund.lines
        or order.refundable.amount + refund.amount.amount > order.payable.amount
    ):
        failures = sum(
            other.payment_id == payment.id and other.status is RefundStatus.FAILED for other in others
        )
        retry = refund.retry(payment, id=RefundId(new_id()), failures=failures, now=now)
    order.fail_refund(refund, retry, had_succeeded=had_succeeded, now=now, actor=actor)
    return Failed(retry)


def _summed(order: Order, lines: Sequence[RefundedLine]) -> tuple[RefundedLine, ...]:
    summed = sum_units_to_ship(
        order,
        lines,
        code="exceeds_ordered",
        message="At most what is neither shipped nor canceled. Shipped units are refunded with a return, or by amount.",
    )
    if summed.unknown or not summed.units:
        raise ValidationFailed("These lines cannot be refunded.", violations=summed.unknown)
    if summed.exceeding:
        raise RefundExceedsPaid(order.refundable, summed.exceeding)
    return tuple(RefundedLine(line_id, quantity) for line_id, quantity in summed.units.items())


def _cost(order: Order, lines: Sequence[RefundedLine]) -> Money:
    return Money.sum((order.line(part.line_id).unit_price * part.quantity for part in lines), order.currency)


def _ensure_positive(amount: Money, order: Order) -> None:
    if amount.currency != order.currency:
        raise ValidationFailed(
            "A refund is in the order's currency.",
            violations=[
                Violation(("amount", "currency"), "other_currency", f"The order is in {order.currency}.")
            ],
        )
    if amount.amount < 1:
        raise ValidationFailed("There is nothing to refund: what was asked for costs nothing.")
