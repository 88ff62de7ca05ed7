"""What the use cases of orders need from outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.orders.views import OrderView, StatusChangeView
from application.shared.page import Page, Position
from domain.orders.lifecycle import OrderStatus
from domain.orders.order import Order
from domain.shared.errors import DomainError
from domain.shared.ids import OrderId, UserId


class OrderExists(DomainError):
    """The customer has used this key for an order before, longer ago than replays are kept."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("There is an order with this idempotency key.")


class OrderRepository(Protocol):
    async def add(self, orders: Sequence[Order]) -> None:
        """Keep new orders, with their history. Raises OrderExists where a customer's key has an order."""
        ...

    async def get(self, order_id: OrderId) -> Order | None:
        """Return the order, locked until the unit of work ends.

        Raises Overloaded when the lock does not come free in time.
        """
        ...

    async def find_by_keys(self, keys: Collection[tuple[UserId, str]]) -> Mapping[tuple[UserId, str], Order]:
        """Return the orders that customers have placed with these idempotency keys, unlocked."""
        ...

    async def save(self, order: Order) -> None:
        """Keep the changes made to a locked order, with its history."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders to list; `created_after` and `created_before` are exclusive bounds of `placed_at`."""

    status: OrderStatus | None = None
    customer_id: UserId | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


class OrderQueries(Protocol):
    """Reads of orders, outside of any unit of work."""

    async def get(self, order_id: OrderId) -> OrderView | None: ...

    async def get_by_key(self, customer_id: UserId, idempotency_key: str) -> OrderView | None:
        """Return the order that the customer placed with this key, as it is now."""
        ...

    async def list(
        self, criteria: OrderFilter, *, descending: bool, after: Position | None, limit: int
    ) -> Page[OrderView]:
        """Return the orders after a position, by `placed_at` and then by id, in the same direction."""
        ...

    async def history(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[StatusChangeView]:
        """Return the changes of an order's status, the first first."""
        ...
