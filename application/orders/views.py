"""Views of orders."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from application.shared.idempotency import PersonalResult
from domain.orders.address import Address
from domain.orders.fulfillment import FulfilledLine, Fulfillment
from domain.orders.lifecycle import Action, OrderStatus, Party, askable
from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn, ReturnAction, ReturnedLine, ReturnStatus
from domain.orders.order_return import allowed_actions as allowed_return_actions
from domain.orders.placing import Quote
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus, fulfillment_status, payment_status
from domain.shared.ids import ClientId, FulfillmentId, LineId, OrderId, ProductId, RefundId, ReturnId, UserId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    id: LineId
    product_id: ProductId
    sku: str
    name: str
    unit_price: Money
    quantity: int
    fulfilled: int
    refunded: int
    line_total: Money
    cancelled: int = 0
    returned: int = 0

    @classmethod
    def of(cls, line: OrderLine) -> Self:
        return cls(
            id=line.id,
            product_id=line.product_id,
            sku=line.sku,
            name=line.name,
            unit_price=line.unit_price,
            quantity=line.quantity,
            fulfilled=line.fulfilled,
            refunded=line.refunded,
            line_total=line.total,
            cancelled=line.cancelled,
            returned=line.returned,
        )


@dataclass(frozen=True, slots=True)
class GuestView:
    email: str
    full_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView(PersonalResult):
    """An order. `allowed_actions` are the actions of staff: see `seen_by` for other parties."""

    id: OrderId
    number: str
    status: OrderStatus
    payment_status: OrderPaymentStatus
    fulfillment_status: FulfillmentStatus
    allowed_actions: tuple[Action, ...]
    currency: str
    lines: tuple[LineView, ...]
    total: Money
    paid_total: Money
    refunded_total: Money
    customer_id: UserId | None = None
    shipping_address: Address | None
    note: str | None
    metadata: Mapping[str, str]
    expires_at: datetime
    placed_at: datetime
    updated_at: datetime
    version: int
    disputed: bool = False
    payable_total: Money | None = None
    """The price of the units that are not canceled.

    The value is None in results that an earlier release stored.
    """

    guest: GuestView | None = None

    @property
    def subject(self) -> UserId:
        """The customer's id. If an order of a guest is not claimed yet, the id of this order."""
        return self.customer_id or UserId(self.id)

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls(
            id=order.id,
            number=order.number,
            status=order.status,
            payment_status=payment_status(
                order.status,
                total=order.total.amount,
                paid=order.paid_total.amount,
                refunded=order.refunded_total.amount,
                authorized=order.authorized_total.amount,
                cancelled=order.cancelled_amount,
            ),
            fulfillment_status=fulfillment_status(
                fulfilled=order.fulfilled_units, left_to_ship=order.units_left_to_ship
            ),
            allowed_actions=order.allowed_actions(Party.STAFF),
            currency=order.currency,
            lines=tuple(LineView.of(line) for line in order.lines),
            total=order.total,
            paid_total=order.paid_total,
            refunded_total=order.refunded_total,
            customer_id=order.customer_id,
            shipping_address=order.shipping_address,
            note=order.note,
            metadata=dict(order.metadata),
            expires_at=order.expires_at,
            placed_at=order.placed_at,
            updated_at=order.updated_at,
            version=order.version,
            disputed=order.open_disputes > 0,
            payable_total=order.payable,
            guest=GuestView(order.guest.email.typed, order.guest.full_name) if order.guest else None,
        )

    def without_details(self) -> Self:
        """Return the order without lines, shipping address, note, metadata and guest."""
        return replace(self, lines=(), shipping_address=None, note=None, metadata={}, guest=None)

    def seen_by(self, party: Party) -> Self:
        """Return the order with the actions that the party can request."""
        askable_actions = askable(party)
        if askable_actions.issuperset(self.allowed_actions):
            return self
        return replace(self, allowed_actions=tuple(a for a in self.allowed_actions if a in askable_actions))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLineView:
    product_id: ProductId
    sku: str
    name: str
    unit_price: Money
    quantity: int
    line_total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """The price that an order would have now. No stock is reserved."""

    currency: str
    lines: tuple[QuotedLineView, ...]
    total: Money

    @classmethod
    def of(cls, quote: Quote) -> Self:
        return cls(
            currency=quote.total.currency,
            lines=tuple(
                QuotedLineView(
                    product_id=line.product_id,
                    sku=line.sku,
                    name=line.name,
                    unit_price=line.unit_price,
                    quantity=line.quantity,
                    line_total=line.total,
                )
                for line in quote.lines
            ),
            total=quote.total,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChangeView:
    """One row of an order's history: action, time, actor and request."""

    action: Action
    source: OrderStatus | None
    target: OrderStatus
    reason: str | None
    actor_id: UserId | ClientId | None
    request_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentView:
    id: FulfillmentId
    order_id: OrderId
    lines: tuple[FulfilledLine, ...]
    carrier: str | None
    tracking: str | None
    created_at: datetime

    @classmethod
    def of(cls, fulfillment: Fulfillment) -> Self:
        return cls(
            id=fulfillment.id,
            order_id=fulfillment.order_id,
            lines=fulfillment.lines,
            carrier=fulfillment.carrier,
            tracking=fulfillment.tracking,
            created_at=fulfillment.created_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnView:
    """A return. `allowed_actions` are the actions of staff: see `seen_by` for other parties."""

    id: ReturnId
    order_id: OrderId
    status: ReturnStatus
    allowed_actions: tuple[ReturnAction, ...]
    lines: tuple[ReturnedLine, ...]
    reason: str | None
    decision_reason: str | None
    refund_amount: Money | None
    refund_id: RefundId | None
    requested_at: datetime
    decided_at: datetime | None
    received_at: datetime | None

    @classmethod
    def of(cls, returned: OrderReturn) -> Self:
        return cls(
            id=returned.id,
            order_id=returned.order_id,
            status=returned.status,
            allowed_actions=allowed_return_actions(returned.status),
            lines=returned.lines,
            reason=returned.reason,
            decision_reason=returned.decision_reason,
            refund_amount=returned.refund_amount,
            refund_id=returned.refund_id,
            requested_at=returned.requested_at,
            decided_at=returned.decided_at,
            received_at=returned.received_at,
        )

    def seen_by(self, party: Party) -> Self:
        """Return this view with only the actions that the party can request.

        Only staff can request actions.
        """
        return self if party is Party.STAFF else replace(self, allowed_actions=())
