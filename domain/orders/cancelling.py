"""Calling an order off, and giving back what it held."""

from collections.abc import Mapping
from datetime import datetime

from domain.catalog.stock import Stock
from domain.orders.order import Order
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


def cancel(
    order: Order, stocks: Mapping[ProductId, Stock], reason: str | None, *, now: datetime, by: Actor
) -> None:
    """Cancel the order and release what it has reserved. The stocks must be locked. Raises InvalidTransition."""
    order.cancel(reason, now=now, by=by)
    for line in order.lines:
        stocks[line.product_id].release(line.quantity, order_id=order.id, now=now, by=by)
