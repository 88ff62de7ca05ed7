"""What happens to orders: all of it, in one sequence for each order."""

from dataclasses import dataclass
from uuid import UUID

from domain.orders.fulfillment import FulfilledLine
from domain.payments.method import PaymentMethod
from domain.payments.refund import RefundedLine
from domain.shared.events import Event
from domain.shared.ids import FulfillmentId, PaymentId, RefundId, UserId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(Event):
    aggregate_type = "order"

    number: str
    customer_id: UserId
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    product_id: UUID
    sku: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(OrderEvent):
    type = "order.placed"

    lines: tuple[PlacedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    type = "order.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExpired(OrderEvent):
    type = "order.expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderEvent):
    type = "order.cancelled"

    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFulfilled(OrderEvent):
    type = "order.fulfilled"


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentCreated(OrderEvent):
    type = "fulfillment.created"

    fulfillment_id: FulfillmentId
    lines: tuple[FulfilledLine, ...]
    carrier: str | None
    tracking: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent(OrderEvent):
    payment_id: PaymentId
    method: PaymentMethod
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(PaymentEvent):
    type = "payment.captured"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(PaymentEvent):
    type = "payment.failed"

    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRevived(PaymentEvent):
    """The order had expired, was paid after that, and what it holds was still there."""

    type = "order.revived"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrphaned(PaymentEvent):
    """Money was taken for an order that cannot use it. It goes back."""

    type = "payment.orphaned"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundEvent(OrderEvent):
    refund_id: RefundId
    payment_id: PaymentId
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(RefundEvent):
    type = "refund.requested"

    reason: str
    lines: tuple[RefundedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSucceeded(RefundEvent):
    type = "refund.succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(RefundEvent):
    type = "refund.failed"

    failure: str | None
