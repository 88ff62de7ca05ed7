"""Returns of shipped units.

The customer or staff request a return. Staff approve or refuse the return. Staff then receive the units of an
approved return.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.catalog.stock import Stock
from domain.orders.lifecycle import Action, Party
from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn, ReturnAction, ReturnedLine
from domain.orders.refunding import RefundExceedsPaid
from domain.orders.units import LineUnits, sum_units
from domain.payments.payment import Payment
from domain.payments.refund import Refund, RefundedLine
from domain.shared.actor import Actor
from domain.shared.errors import Param, ValidationFailed, Violation
from domain.shared.ids import LineId, ProductId, RefundId, ReturnId
from domain.shared.money import Money

REASON = "Units were returned."


def request_return(
    order: Order,
    returns: Sequence[OrderReturn],
    parts: Sequence[LineUnits],
    reason: str,
    *,
    id: ReturnId,  # noqa: A002 - the parameter has the name of the field
    party: Party,
    now: datetime,
    actor: Actor,
) -> OrderReturn:
    """Request a return of shipped units.

    `returns` are all returns of the order. The order must be locked. Raises InvalidTransition. Raises
    ValidationFailed if more units of a line are requested than can be returned. The error lists every such line.
    """
    order.ensure_allows(Action.REQUEST_RETURN, party)
    lines = _summed(order, returns, parts)
    requested = OrderReturn.request(id=id, order_id=order.id, lines=lines, reason=reason, now=now)
    order.request_return(requested, now=now, actor=actor)
    return requested


def approve_return(
    order: Order, requested: OrderReturn, refund_amount: Money | None, *, now: datetime, actor: Actor
) -> None:
    """Approve a return with an agreed refund. The order must be locked.

    By default, the refund is the price of those returned units that are not refunded yet. If less captured
    money is left to refund, the refund is only this money.

    Raises InvalidReturnTransition, RefundExceedsPaid, ValidationFailed.
    """
    requested.ensure_allows(ReturnAction.APPROVE)
    if refund_amount is None:
        price = Money.sum(
            (order.line(part.line_id).unit_price * part.quantity for part in _refunded(order, requested)),
            order.currency,
        )
        refund_amount = min(price, order.refundable, key=lambda money: money.amount)
    if refund_amount.currency != order.currency:
        violation = Violation(("refund", "currency"), "other_currency", f"The order is in {order.currency}.")
        raise ValidationFailed("A refund is in the order's currency.", violations=[violation])
    if refund_amount.amount > order.refundable.amount:
        raise RefundExceedsPaid(order.refundable)
    requested.approve(refund_amount, now=now)
    order.approve_return(requested, now=now, actor=actor)


def refuse_return(order: Order, requested: OrderReturn, reason: str, *, now: datetime, actor: Actor) -> None:
    """Refuse a return. The order must be locked.

    Raises InvalidReturnTransition, ValidationFailed.
    """
    requested.refuse(reason, now=now)
    order.refuse_return(requested, now=now, actor=actor)


def receive_return(
    order: Order,
    approved: OrderReturn,
    payments: Sequence[Payment],
    restocked: Mapping[LineId, bool],
    stocks: Mapping[ProductId, Stock],
    *,
    refund_id: RefundId,
    dispute_override: str | None = None,
    now: datetime,
    actor: Actor,
) -> Refund | None:
    """Record that the units arrived: restock lines and refund the agreed amount.

    If the captured money that is left to refund is less than the agreed amount, only this money is refunded.

    The order and the stocks must be locked. `restocked` says for each line of the return whether its units
    are put back into stock. Returns the new refund.

    Raises InvalidReturnTransition, OrderDisputed, ValidationFailed.
    """
    approved.ensure_allows(ReturnAction.RECEIVE)
    order.ensure_undisputed(dispute_override)
    _ensure_names_each_line(approved, restocked)
    payment = max(payments, key=lambda payment: payment.remaining.amount, default=None)
    agreed = approved.refund_amount.amount if approved.refund_amount else 0
    amount = 0 if payment is None else min(agreed, payment.remaining.amount)
    refund = None
    if payment is not None and amount > 0:
        refund = Refund.of(
            payment,
            Money(amount, order.currency),
            id=refund_id,
            reason=REASON,
            lines=tuple(_refunded(order, approved)),
            now=now,
        )
        approved.refund_id = refund.id
    approved.receive(restocked, now=now)
    for part in approved.lines:
        if part.restock:
            stock = stocks[order.line(part.line_id).product_id]
            stock.take_back(part.quantity, order_id=order.id, now=now, actor=actor)
    override = dispute_override if order.open_disputes else None
    order.receive_return(approved, refund, override=override, now=now, actor=actor)
    return refund


def _summed(
    order: Order, returns: Sequence[OrderReturn], parts: Sequence[LineUnits]
) -> tuple[ReturnedLine, ...]:
    def at_most(line: OrderLine) -> int:
        return line.fulfilled - line.returned - awaited.get(line.id, 0)

    def exceeded(line: OrderLine) -> tuple[str, str, Mapping[str, Param]]:
        return (
            "exceeds_returnable",
            "A quantity is at least 1, and at most what was shipped and is in no other return.",
            {"fulfilled": line.fulfilled, "returned": line.returned, "awaited": awaited.get(line.id, 0)},
        )

    awaited: dict[LineId, int] = {}
    for part in (part for each in returns if each.is_open for part in each.lines):
        awaited[part.line_id] = awaited.get(part.line_id, 0) + part.quantity
    units = sum_units(order, parts, at_most=at_most, exceeded=exceeded).ensure_valid(
        "These units cannot be returned."
    )
    return tuple(ReturnedLine(line_id, quantity) for line_id, quantity in units.items())


def _refunded(order: Order, returned: OrderReturn) -> list[RefundedLine]:
    """Return the units of a return that its refund contains: all units that are not refunded yet."""
    units = []
    for part in returned.lines:
        line = order.line(part.line_id)
        quantity = min(part.quantity, line.fulfilled - max(0, line.refunded - line.cancelled))
        if quantity > 0:
            units.append(RefundedLine(part.line_id, quantity))
    return units


def _ensure_names_each_line(approved: OrderReturn, restocked: Mapping[LineId, bool]) -> None:
    lines = {part.line_id for part in approved.lines}
    if lines != restocked.keys():
        raise ValidationFailed(
            "State for each line of the return whether it goes back into stock.",
            violations=[Violation(("lines",), "lines_of_return", "These are not the lines of the return.")],
        )
