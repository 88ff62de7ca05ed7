"""Events of orders. The events of an order, its payments and its refunds form one sequence."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from domain.orders.fulfillment import FulfilledLine
from domain.orders.line import CancelledLine
from domain.orders.order_return import ReturnedLine
from domain.shared.events import Event
from domain.shared.ids import FulfillmentId, OrderId, RefundId, ReturnId, UserId
from domain.shared.money import Money


class OrderFields(TypedDict):
    """The fields that every event of an order has."""

    aggregate_id: OrderId
    aggregate_version: int
    occurred_at: datetime
    number: str
    customer_id: UserId | None
    total: Money


class ReturnFields(TypedDict):
    """The fields that events of returns have in addition to the fields of all order events."""

    return_id: ReturnId
    lines: tuple[ReturnedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(Event):
    aggregate_type = "order"

    number: str
    customer_id: UserId | None
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    """A product and a quantity of a placed order."""

    product_id: UUID
    sku: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(OrderEvent):
    """A customer placed an order, and its stock is reserved."""

    type = "order.placed"

    lines: tuple[PlacedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    """An order can be shipped, because it is paid or authorized in full."""

    type = "order.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExpired(OrderEvent):
    """An order was not paid in time. Its stock is available again."""

    type = "order.expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """An order was canceled. Its stock is available again, and its payments are refunded."""

    type = "order.cancelled"

    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesCancelled(OrderEvent):
    """Units that were left to ship were canceled. They will never be shipped."""

    type = "order.lines_cancelled"

    lines: tuple[CancelledLine, ...]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged(OrderEvent):
    """Details of an order have changed: the address, the note or the metadata.

    `fields` are the names of the changed fields.
    """

    type = "order.changed"

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderClaimed(OrderEvent):
    """An account has claimed the order of a guest.

    The account `customer_id` has verified the guest's address.
    """

    type = "order.claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFulfilled(OrderEvent):
    """All units of an order that were not canceled have been shipped."""

    type = "order.fulfilled"


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentCreated(OrderEvent):
    """A parcel with units of an order was shipped."""

    type = "fulfillment.created"

    fulfillment_id: FulfillmentId
    lines: tuple[FulfilledLine, ...]
    carrier: str | None
    tracking: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnEvent(OrderEvent):
    return_id: ReturnId
    lines: tuple[ReturnedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequested(ReturnEvent):
    """A customer or staff requested to return shipped units."""

    type = "return.requested"

    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnApproved(ReturnEvent):
    """Staff have approved a return. `refund_amount` is refunded when the units are received."""

    type = "return.approved"

    refund_amount: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRefused(ReturnEvent):
    """Staff have refused a return."""

    type = "return.refused"

    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReceived(ReturnEvent):
    """The units of a return were received. Units of lines with `restock` are on hand again."""

    type = "return.received"

    refund_id: RefundId | None
