"""Fulfilling an order, in one or more parcels."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.catalog.stock import Stock
from domain.orders.fulfillment import CARRIER, TRACKING, FulfilledLine, Fulfillment
from domain.orders.lifecycle import Action, Party
from domain.orders.order import Order
from domain.orders.units import sum_units_to_ship
from domain.shared.actor import Actor
from domain.shared.ids import FulfillmentId, ProductId
from domain.shared.text import ensure_valid


def fulfill(
    order: Order,
    parts: Sequence[FulfilledLine],
    stocks: Mapping[ProductId, Stock],
    *,
    id: FulfillmentId,  # noqa: A002 - the parameter has the name of the field
    carrier: str | None,
    tracking: str | None,
    dispute_override: str | None = None,
    now: datetime,
    actor: Actor,
) -> Fulfillment:
    """Ship units of some lines. This reduces the units on hand and the reserved units.

    The order and the stocks must be locked. Raises InvalidTransition. Raises ValidationFailed if more units of
    a line are requested than are left to ship. The error lists every such line. A retry of the same request
    also fails, because the number of units left to ship never increases.
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
    summed = sum_units_to_ship(
        order,
        parts,
        code="exceeds_unfulfilled",
        message="A quantity is at least 1, and at most what is neither fulfilled nor canceled.",
    )
    units = summed.ensure_valid("These units cannot be fulfilled.")
    return tuple(FulfilledLine(line_id, quantity) for line_id, quantity in units.items())
