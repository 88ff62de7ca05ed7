"""Ending the hold of an order that was not paid in time."""

from collections.abc import Mapping
from datetime import datetime

from domain.catalog.stock import Stock
from domain.orders.order import Order
from domain.orders.reservations import release
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


def expire(order: Order, stocks: Mapping[ProductId, Stock], *, now: datetime, actor: Actor) -> None:
    """Expire the order and release what it has reserved. Both must be locked. Raises InvalidTransition."""
    order.expire(now=now, actor=actor)
    release(order, stocks, now=now, actor=actor)
