"""Giving money back, never more than was taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.orders.lifecycle import PAID_AND_ACTIVE, Action, Party
from domain.orders.order import Order
from domain.payments.payment import Payment
from domain.payments.refund import Refund, RefundedLine, RefundStatus
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, ValidationFailed, Violation
from domain.shared.ids import LineId, RefundId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True)
class Failed:
    """A failure that was noted. `anew` is what is promised instead, where the order has no use for the money."""

    anew: Refund | None


class RefundExceedsPaid(DomainError):
    """More was to be given back than was taken and is still there, or more units than were ordered."""

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
    wanted: Money | Sequence[RefundedLine],
    reason: str,
    *,
    id: RefundId,  # noqa: A002 - the field's name
    now: datetime,
    actor: Actor,
) -> Refund:
    """Promise to give back an amount, or what some units cost. The order must be locked.

    Raises InvalidTransition, RefundExceedsPaid, ValidationFailed.
    """
    if order.status not in PAID_AND_ACTIVE:
        order.ensure_allows(Action.REFUND, Party.STAFF)
    lines = () if isinstance(wanted, Money) else _summed(order, wanted)
    amount = wanted if isinstance(wanted, Money) else _cost(order, lines)
    _ensure_positive(amount, order)
    payment = max(payments, key=lambda payment: payment.remaining.amount, default=None)
    if payment is None or amount.amount > payment.remaining.amount:
        raise RefundExceedsPaid(payment.remaining if payment else Money.zero(order.currency))
    refund = Refund.of(payment, amount, id=id, reason=reason, lines=lines, now=now, is_sent_at_once=True)
    order.request_refund(refund, now=now, actor=actor)
    return refund


def settle(order: Order, refund: Refund, *, now: datetime, actor: Actor) -> bool:
    """Note that a refund was given, and tell whether that was news.

    A refund that has failed stays so: what it was for may have been refunded anew. The order must be locked.
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
    """Note that a refund has not reached the customer, and return None if that was known.

    A bank can send back what the provider had given already. Money that the order has no use for is promised anew: all
    of it where the order does not stand, and where it does, what is above its total. The rest is for staff to decide.
    `others` are the order's other refunds. The order must be locked.
    """
    if refund.status is RefundStatus.FAILED:
        return None
    had_succeeded = refund.status is RefundStatus.SUCCEEDED
    refund.fail(failure, payment, now=now)
    anew = None
    if (
        order.status not in PAID_AND_ACTIVE
        or order.refundable.amount + refund.amount.amount > order.total.amount
    ):
        failures = sum(
            other.payment_id == payment.id and other.status is RefundStatus.FAILED for other in others
        )
        anew = refund.anew(payment, id=RefundId(new_id()), failures=failures, now=now)
    order.fail_refund(refund, anew, had_succeeded=had_succeeded, now=now, actor=actor)
    return Failed(anew)


def _summed(order: Order, wanted: Sequence[RefundedLine]) -> tuple[RefundedLine, ...]:
    lines = {line.id: line for line in order.lines}
    unknown: list[Violation] = []
    exceeding: list[Violation] = []
    units: dict[LineId, int] = {}
    for position, part in enumerate(wanted):
        line = lines.get(part.line_id)
        if line is None:
            unknown.append(
                Violation(("lines", position, "line_id"), "unknown_line", "The order has no such line.")
            )
            continue
        units[line.id] = units.get(line.id, 0) + part.quantity
        if units[line.id] > line.quantity - line.refunded:
            exceeding.append(
                Violation(
                    ("lines", position, "quantity"),
                    "exceeds_ordered",
                    "At most what is ordered and not yet refunded.",
                    {"ordered": line.quantity, "refunded": line.refunded},
                )
            )
    if unknown or not units:
        raise ValidationFailed("These lines cannot be refunded.", violations=unknown)
    if exceeding:
        raise RefundExceedsPaid(order.refundable, exceeding)
    return tuple(RefundedLine(line_id, quantity) for line_id, quantity in units.items())


def _cost(order: Order, lines: Sequence[RefundedLine]) -> Money:
    return Money.sum((order.line(part.line_id).refund_for(part.quantity) for part in lines), order.currency)


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
