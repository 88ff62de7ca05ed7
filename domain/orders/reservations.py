"""What an order holds of the stock: its unfulfilled units, for as long as it is pending or confirmed."""

from collections.abc import Mapping
from datetime import datetime

from domain.catalog.stock import Stock
from domain.orders.order import Order
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


def can_be_supplied(order: Order, stocks: Mapping[ProductId, Stock]) -> bool:
    """Tell whether all that the order needs is there, and nobody else's."""
    return all(stocks[line.product_id].can_supply(line.unfulfilled) for line in order.lines)


def reserve(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Promise the order what it needs. Raises ReservationExceedsStock."""
    for line in order.lines:
        stocks[line.product_id].reserve(line.unfulfilled, order_id=order.id, now=now, actor=actor)


def release(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Take back what the order was promised."""
    for line in order.lines:
        stocks[line.product_id].release(line.unfulfilled, order_id=order.id, now=now, actor=actor)
