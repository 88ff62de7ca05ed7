"""Ports of orders."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.orders.access import OrderAccess
from application.orders.views import FulfillmentView, OrderView, ReturnView, StatusChangeView
from application.retention.ports import PrunableRecords
from application.shared.idempotency import IdempotencyKey, Scope, StoredResult
from application.shared.page import Page, Position
from domain.orders.fulfillment import Fulfillment
from domain.orders.hold_limits import CustomerHolds
from domain.orders.lifecycle import OrderStatus
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn
from domain.orders.order_state import OrderKey
from domain.orders.placing import ProductsWithStock
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from domain.shared.errors import DomainError
from domain.shared.ids import CallerId, FulfillmentId, OrderId, ProductId, ReturnId, UserId
from domain.users.email_address import EmailAddress


class OrderExists(DomainError):
    """The caller has already placed an order with this idempotency key.

    The idempotency record of the order was pruned.
    """

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("There is an order with this idempotency key.")


class OrderHasExpired(DomainError):
    """The order with this idempotency key expired without a payment and was pruned.

    A request with this key never places another order.
    """

    code = "order_expired"

    def __init__(self) -> None:
        super().__init__(
            "The order of this key was not paid in time and is no longer stored. Make a new key for a new order."
        )


@dataclass(frozen=True, slots=True)
class PlacementContext:
    """The data with which a batch accepts or rejects orders: products, stock and holds.

    The stock rows are locked. `locked_elsewhere` are existing customers and products whose rows another unit of
    work has locked. Orders that need these rows cannot be decided yet. `used_keys` contains the scope of each
    idempotency key for which a record is stored.
    """

    products_with_stock: ProductsWithStock
    holds: Mapping[UserId, CustomerHolds]
    locked_elsewhere: frozenset[UserId | ProductId] = frozenset()
    used_keys: frozenset[Scope] = frozenset()


class OrderRepository(Protocol):
    async def await_locks(self, customer_ids: Collection[UserId], product_ids: Collection[ProductId]) -> None:
        """Lock customers and then stocks.

        If another unit of work has locked a row, the call waits until the row is released.

        Customers are locked in a fixed sequence. Stocks are also locked in a fixed sequence. Call this method
        before the unit of work locks any other row. The unit of work then holds no other locks while it waits.

        Raises Overloaded if a lock is not released in time.
        """
        ...

    async def lock_for_placing(
        self,
        customer_ids: Collection[UserId],
        product_ids: Collection[ProductId],
        *,
        keys: Collection[IdempotencyKey],
        holds_at: datetime | None,
    ) -> PlacementContext:
        """Lock the customers and stocks that are not locked yet, and read the data for the batch.

        The call does not wait for locks: see `PlacementContext.locked_elsewhere`.

        First the rows are locked, then holds and keys are read. Holds and keys therefore include all orders
        that other units of work placed before these rows were locked.

        Only holds that end after `holds_at` are counted. If `holds_at` is None, no holds are counted. In this case,
        the customers are locked only so that their accounts do not change.
        """
        ...

    async def add(self, orders: Sequence[Order], *, fingerprints: Sequence[bytes] = ()) -> None:
        """Add orders with their history.

        `fingerprints` is empty or contains one fingerprint per order, in the sequence of `orders`. A
        fingerprint identifies the request that placed the order.

        Raises OrderExists if the caller has already placed an order with the same idempotency key. This call
        may return before the error is detected. A later call then raises the error, at the latest `flush` or
        `commit`.
        """
        ...

    async def get(self, order_id: OrderId) -> Order | None:
        """Lock the order until the unit of work ends, and return the order.

        Raises Overloaded if the lock is not released in time.
        """
        ...

    async def find_by_keys(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, StoredResult[OrderView]]:
        """Find orders by caller and idempotency key. Return the current state of each order.

        Each order is returned with the fingerprint of the request that placed the order.
        """
        ...

    async def of_guest(self, email: EmailAddress) -> Sequence[Order]:
        """Lock and return all orders of the guest with this e-mail address.

        Raises Overloaded if a lock is not released in time.
        """
        ...

    async def renew_token(self, order_id: OrderId) -> int | None:
        """Increment the order token's version for a guest's order, and return the new version.

        Returns None for other orders.
        """
        ...

    async def pending_of(self, customer_id: UserId) -> Sequence[Order]:
        """Lock and return a customer's orders that wait for payment.

        Raises Overloaded if a lock is not released in time.
        """
        ...

    async def due(self, now: datetime, *, limit: int) -> Sequence[Order]:
        """Lock and return pending orders whose hold has ended, the earliest end first.

        Orders that another transaction has locked are skipped, so that several workers can expire orders at the same
        time.
        """
        ...

    async def due_holding(
        self, product_ids: Collection[ProductId], now: datetime, *, limit: int
    ) -> Sequence[Order]:
        """Lock and return due orders that hold units of these products, earliest due time first.

        The call waits for orders that another transaction has locked, so that no due order is missed. Raises
        Overloaded if a lock is not released in time.
        """
        ...

    async def save(self, orders: Sequence[Order]) -> None:
        """Save locked orders with their history."""
        ...


class ExpiredOrders(PrunableRecords, Protocol):
    """Expired orders that never had a payment, for deletion outside of a unit of work."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` orders that expired before `before`, oldest first.

        Returns the number of deleted orders. If an order or its customer is locked, a later call deletes the
        order.

        For each deleted order, an idempotency record is stored permanently. A retry therefore never places
        another order. The record contains the order's last state, but no lines and no personal data.
        """
        ...


class FulfillmentRepository(Protocol):
    async def add(self, fulfillment: Fulfillment) -> None:
        """Add the fulfillment of a locked order."""
        ...


class ReturnRepository(Protocol):
    """The returns of orders. Returns are changed only while their order is locked."""

    async def add(self, requested: OrderReturn) -> None:
        """Add a return of a locked order."""
        ...

    async def save(self, changed: OrderReturn) -> None:
        """Save a return of a locked order."""
        ...

    async def of_order(self, order_id: OrderId) -> Sequence[OrderReturn]:
        """Find the returns of a locked order, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """The conditions on the orders of a list. An order must meet all of them.

    `created_after` <= `placed_at` < `created_before`, and `updated_after` <= `updated_at`. `email` is the
    address of the customer's account, or of the guest.
    """

    number: str | None = None
    status: OrderStatus | None = None
    payment_status: OrderPaymentStatus | None = None
    fulfillment_status: FulfillmentStatus | None = None
    customer_id: UserId | None = None
    email: EmailAddress | None = None
    product_id: ProductId | None = None
    updated_after: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


class OrderQueries(Protocol):
    """Reads of orders, outside of a unit of work."""

    async def get(self, order_id: OrderId, *, access: OrderAccess) -> OrderView | None:
        """Return the order. Return None if the order does not exist or if `access` does not cover the order."""
        ...

    async def token_version(self, order_id: OrderId) -> int | None:
        """Return the version of the order token if the order is a guest's order, and otherwise None."""
        ...

    async def get_by_key(self, placed_by: CallerId, idempotency_key: str) -> StoredResult[OrderView] | None:
        """Return the current state of the order that the caller placed with this idempotency key.

        The order is returned with the fingerprint of the request that placed the order.
        """
        ...

    async def list(
        self,
        criteria: OrderFilter,
        *,
        access: OrderAccess,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[OrderView]:
        """Return matching orders after a position. Only orders that `access` covers are returned.

        The sort keys are `placed_at` and then the id, in the same direction.
        """
        ...

    async def count(self, criteria: OrderFilter, *, access: OrderAccess) -> int:
        """Return the number of orders that `list` returns on all pages together."""
        ...

    async def history(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[StatusChangeView]:
        """Return the status changes of an order, oldest first."""
        ...

    async def fulfillment(self, order_id: OrderId, fulfillment_id: FulfillmentId) -> FulfillmentView | None:
        """Return one of the order's fulfillments."""
        ...

    async def fulfillments(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[FulfillmentView]:
        """Return the fulfillments of an order, oldest first."""
        ...

    async def order_return(self, order_id: OrderId, return_id: ReturnId) -> ReturnView | None:
        """Find one of the order's returns."""
        ...

    async def returns(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[ReturnView]:
        """Find the returns of an order, oldest first."""
        ...
