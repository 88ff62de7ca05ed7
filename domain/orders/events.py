"""Events of orders. The events of an order, its payments and its refunds form one sequence."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from domain.orders.fulfillment import FulfilledLine
from domain.orders.line import CancelledLine
from domain.orders.order_return import ReturnedLine
from domain.payments.method import PaymentMethod
from domain.payments.payment import PaymentOrigin
from domain.payments.refund import RefundChannel, RefundedLine, RefundOrigin
from domain.shared.events import Event
from domain.shared.ids import FulfillmentId, OrderId, PaymentId, RefundId, ReturnId, UserId
from domain.shared.money import Money


class OrderFields(TypedDict):
    """The fields that every event of an order has."""

    aggregate_id: OrderId
    aggregate_version: int
    occurred_at: datetime
    number: str
    customer_id: UserId | None
    total: Money


class PaymentFields(TypedDict):
    """The fields that every event of a payment adds."""

    payment_id: PaymentId
    method: PaymentMethod
    amount: Money


class DecidedPaymentFields(PaymentFields):
    """The fields that every event of a captured or voided payment adds."""

    origin: PaymentOrigin


class ReturnFields(TypedDict):
    """The fields that every event of a return adds."""

    return_id: ReturnId
    lines: tuple[ReturnedLine, ...]


class RefundFields(TypedDict):
    """The fields that every event of a refund adds."""

    refund_id: RefundId
    payment_id: PaymentId
    amount: Money


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
    """Units that were left to ship are canceled. They will never be shipped."""

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
class PaymentEvent(OrderEvent):
    payment_id: PaymentId
    method: PaymentMethod
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedPaymentEvent(PaymentEvent):
    """A payment was captured or voided, by the shop or at the provider."""

    origin: PaymentOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(DecidedPaymentEvent):
    """A payment succeeded: the provider has captured `amount`."""

    type = "payment.captured"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequiresAction(PaymentEvent):
    """The customer has to authenticate the payment before `action_until`."""

    type = "payment.requires_action"

    action_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAuthorized(PaymentEvent):
    """The amount is reserved on the customer's account.

    The shop can capture it until `authorized_until`.
    """

    type = "payment.authorized"

    authorized_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationEnding(PaymentEvent):
    """An authorization ends soon.

    Before the end, the shop renews the authorization if the provider permits a renewal. Otherwise the shop
    voids the authorization if no unit was shipped.
    """

    type = "payment.authorization_ending"

    authorized_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRenewed(PaymentEvent):
    """An authorization was renewed and now lasts until `authorized_until`."""

    type = "payment.authorization_renewed"

    authorized_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentVoided(DecidedPaymentEvent):
    """The payment was ended before any money was captured."""

    type = "payment.voided"

    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(PaymentEvent):
    """The provider declined a payment. The order stays open, and can be paid by another payment."""

    type = "payment.failed"

    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReinstated(DecidedPaymentEvent):
    """An expired order was paid late and confirmed, because its stock was still available."""

    type = "order.revived"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentUnapplied(DecidedPaymentEvent):
    """Money was captured for an order that cannot use it. It is refunded."""

    type = "payment.orphaned"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(PaymentEvent):
    """The customer's bank has charged a payment back.

    Until the dispute is decided, shipping and refunding need an override.
    """

    type = "dispute.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeWon(PaymentEvent):
    """A dispute was decided in favor of the shop."""

    type = "dispute.won"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLost(PaymentEvent):
    """A dispute was decided in favor of the customer, who keeps the money."""

    type = "dispute.lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundEvent(OrderEvent):
    refund_id: RefundId
    payment_id: PaymentId
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(RefundEvent):
    """A refund was scheduled, and has no result yet."""

    type = "refund.requested"

    reason: str
    lines: tuple[RefundedLine, ...]
    channel: RefundChannel
    origin: RefundOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSucceeded(RefundEvent):
    """The provider has refunded `amount` to the customer."""

    type = "refund.succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(RefundEvent):
    """The provider rejected a refund.

    The service schedules another refund if the shop still owes the money.
    """

    type = "refund.failed"

    failure: str | None


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
