"""The stock that an order holds: its unfulfilled units, while it is pending or confirmed."""

from collections.abc import Mapping
from datetime import datetime

from domain.catalog.stock import Stock
from domain.orders.order import Order
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


def can_be_supplied(order: Order, stocks: Mapping[ProductId, Stock]) -> bool:
    """Return whether the stock available covers the unfulfilled units of the order."""
    return all(stocks[line.product_id].can_supply(line.unfulfilled) for line in order.lines)


def reserve(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Reserve the unfulfilled units of the order. Raises ReservationExceedsStock."""
    for line in order.lines:
        stocks[line.product_id].reserve(line.unfulfilled, order_id=order.id, now=now, actor=actor)


def release(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Release the unfulfilled units of the order."""
    for line in order.lines:
        stocks[line.product_id].release(line.unfulfilled, order_id=order.id, now=now, actor=actor)


def expire(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Expire the order and release its stock. Both must be locked. Raises InvalidTransition."""
    order.expire(now=now, actor=actor)
    release(order, stocks, now=now, actor=actor)
