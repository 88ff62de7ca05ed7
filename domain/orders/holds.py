"""The stock that an order holds.

A pending or confirmed order holds its units that are left to ship.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from domain.catalog.stock import Stock
from domain.orders.order import Order
from domain.orders.units import LineUnits
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


def can_be_supplied(order: Order, stocks: Mapping[ProductId, Stock]) -> bool:
    """Return whether the available stock is sufficient for the units that are left to ship."""
    return all(stocks[line.product_id].can_supply(line.left_to_ship) for line in order.lines)


def reserve(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Reserve the units of the order that are left to ship. Raises ReservationExceedsStock."""
    for line in order.lines:
        stocks[line.product_id].reserve(line.left_to_ship, order_id=order.id, now=now, actor=actor)


def release_units(
    order: Order,
    parts: Iterable[LineUnits],
    stocks: Mapping[ProductId, Stock],
    *,
    now: datetime,
    actor: Actor,
) -> None:
    """Release some units of the order's lines."""
    for part in parts:
        product_id = order.line(part.line_id).product_id
        stocks[product_id].release(part.quantity, order_id=order.id, now=now, actor=actor)


def release(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Release all units of the order that are left to ship."""
    for line in order.lines:
        stocks[line.product_id].release(line.left_to_ship, order_id=order.id, now=now, actor=actor)


def expire(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Expire the order and release its stock. The order and the stocks must be locked.

    Raises InvalidTransition.
    """
    order.expire(now=now, actor=actor)
    release(order, stocks, now=now, actor=actor)
