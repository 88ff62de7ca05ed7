"""Fulfilling an order, in one or more parcels."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.catalog.stock import Stock
from domain.orders.fulfillment import CARRIER, TRACKING, FulfilledLine, Fulfillment
from domain.orders.lifecycle import Action, Party
from domain.orders.order import Order
from domain.shared.actor import Actor
from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import FulfillmentId, LineId, ProductId
from domain.shared.text import ensure_valid


def fulfill(
    order: Order,
    parts: Sequence[FulfilledLine],
    stocks: Mapping[ProductId, Stock],
    *,
    id: FulfillmentId,  # noqa: A002 - the field's name
    carrier: str | None,
    tracking: str | None,
    dispute_override: str | None = None,
    now: datetime,
    actor: Actor,
) -> Fulfillment:
    """Ship units of some lines and reduce stock and reservation.

    The order and the stocks must be locked. Raises InvalidTransition, and ValidationFailed with every line that
    exceeds its unfulfilled units. Those never grow, so the same request can never succeed.
    """
    ensure_valid((*CARRIER.violations(carrier, "carrier"), *TRACKING.violations(tracking, "tracking")))
    order.ensure_allows(Action.FULFILL, Party.STAFF)
    order.ensure_undisputed(dispute_override)
    fulfillment = Fulfillment(
        id=id,
        order_id=order.id,
        lines=_summed(order, parts),
        carrier=carrier,
        tracking=tracking,
        created_at=now,
    )
    override = dispute_override if order.open_disputes else None
    order.fulfill(fulfillment, override=override, now=now, actor=actor)
    for part in fulfillment.lines:
        product_id = order.line(part.line_id).product_id
        stocks[product_id].ship(part.quantity, order_id=order.id, now=now, actor=actor)
    return fulfillment


def _summed(order: Order, parts: Sequence[FulfilledLine]) -> tuple[FulfilledLine, ...]:
    lines = {line.id: line for line in order.lines}
    violations: list[Violation] = []
    units: dict[LineId, int] = {}
    for position, part in enumerate(parts):
        line = lines.get(part.line_id)
        if line is None:
            violations.append(
                Violation(("lines", position, "line_id"), "unknown_line", "The order has no such line.")
            )
            continue
        units[line.id] = units.get(line.id, 0) + part.quantity
        if part.quantity < 1 or units[line.id] > line.unfulfilled:
            violations.append(
                Violation(
                    ("lines", position, "quantity"),
                    "exceeds_unfulfilled",
                    "A quantity is at least 1, and at most what is ordered and not yet fulfilled.",
                    {"ordered": line.quantity, "fulfilled": line.fulfilled},
                )
            )
    if violations or not units:
        raise ValidationFailed("These units cannot be fulfilled.", violations=violations)
    return tuple(FulfilledLine(line_id, quantity) for line_id, quantity in units.items())
