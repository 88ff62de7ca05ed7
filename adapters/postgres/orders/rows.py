from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row, currency, money, one_of
from adapters.postgres.users.rows import UserRow
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.order_return import ReturnStatus


class LineUnits(TypedDict):
    """Units of an order line, as JSON."""

    line_id: str
    quantity: int


class AddressValues(TypedDict):
    """A shipping address, as JSON."""

    name: str
    line1: str
    line2: str | None
    city: str
    region: str | None
    postal_code: str | None
    country: str


class ReturnedUnits(LineUnits):
    """Units of a return, as JSON. `restock` is null until the units are received."""

    restock: bool | None


PAYMENT_STATUS = """(CASE
WHEN paid_amount > 0 AND refunded_amount >= paid_amount AND authorized_amount > 0 THEN 'authorized'
WHEN paid_amount > 0 AND refunded_amount >= paid_amount THEN 'refunded'
WHEN paid_amount > refunded_amount AND status IN ('cancelled', 'expired') THEN 'refund_due'
WHEN paid_amount - refunded_amount >= total_amount THEN 'paid'
WHEN refunded_amount = 0 AND total_amount > cancelled_amount
    AND total_amount - cancelled_amount <= paid_amount THEN 'paid'
WHEN authorized_amount > 0 THEN 'authorized'
WHEN refunded_amount > 0 THEN 'partially_refunded'
WHEN paid_amount > 0 AND status IN ('confirmed', 'fulfilled') THEN 'partially_captured'
ELSE 'unpaid' END)"""
"""The SQL expression of `domain.orders.statuses.payment_status`, for an index.

A test compares the expression with the function.
"""


class OrderRow(Row):
    """An order without its lines.

    Because of the foreign key, inserting an order locks the customer's row with KEY SHARE. Many transactions can hold
    this lock at the same time.

    If the customer placed the order, `placed_by` is null. Otherwise `placed_by` is the user or service client that
    placed the order. A guest's order has no customer. After an account has claimed the order, the customer is this
    account.

    `fingerprint` is the fingerprint of the request that placed the order. Orders of release 2 and earlier have no
    fingerprint.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("number"),
        one_of("status", OrderStatus),
        currency("currency"),
        money("total_amount"),
        money("paid_amount"),
        CheckConstraint(
            "refunded_amount >= 0 AND refunding_amount >= 0"
            " AND refunded_amount + refunding_amount <= paid_amount",
            name="refunds_within_paid",
        ),
        # The index has the name of a former constraint, because release 2 recognizes a violation by this name.
        Index(
            "uq_orders_customer_id_idempotency_key",
            text("coalesce(placed_by, customer_id)"),
            "idempotency_key",
            unique=True,
        ),
        CheckConstraint("customer_id IS NOT NULL OR placed_by IS NOT NULL", name="has_caller"),
        Index(None, "guest_email", postgresql_where=text("guest_email IS NOT NULL")),
        Index(None, "placed_at", "id"),
        Index(None, "customer_id", "placed_at", "id"),
        Index(None, "status", "placed_at", "id"),
        Index("ix_orders_payment_status", text(PAYMENT_STATUS), "placed_at", "id"),
        Index(None, "updated_at"),
        Index(None, "expires_at", "id", postgresql_where=text("status = 'pending_payment'")),
        Index(None, "customer_id", "expires_at", postgresql_where=text("status = 'pending_payment'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey(UserRow.id))
    guest_email: Mapped[str | None]
    guest_email_typed: Mapped[str | None]
    guest_name: Mapped[str | None]
    order_token_version: Mapped[int] = mapped_column(server_default=text("1"))
    placed_by: Mapped[UUID | None]
    idempotency_key: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    total_amount: Mapped[int]
    authorized_amount: Mapped[int] = mapped_column(server_default=text("0"))
    paid_amount: Mapped[int]
    refunded_amount: Mapped[int]
    refunding_amount: Mapped[int] = mapped_column(server_default=text("0"))
    cancelled_amount: Mapped[int] = mapped_column(server_default=text("0"))
    shipping_address: Mapped[AddressValues | None] = mapped_column(JSON(none_as_null=True))
    note: Mapped[str | None]
    order_metadata: Mapped[dict[str, str]] = mapped_column("metadata")
    expires_at: Mapped[datetime]
    is_hold_extended: Mapped[bool] = mapped_column(server_default=false())
    open_disputes: Mapped[int] = mapped_column(server_default=text("0"))
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]
    fingerprint: Mapped[bytes | None]
    fingerprint_version: Mapped[int | None] = mapped_column(SmallInteger)


class OrderLineRow(Row):
    """A line of an order. `position` is the line's place in the order.

    No foreign key to the product is needed, because a line is written only while the product's stock is locked, and
    products are never deleted. To check a foreign key, PostgreSQL would also lock the product's row, once for each
    line.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        money("unit_price_amount"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index(None, "product_id", "order_id"),
        CheckConstraint(
            "fulfilled >= 0 AND cancelled >= 0 AND fulfilled + cancelled <= quantity",
            name="fulfilled_within_quantity",
        ),
        CheckConstraint("returned >= 0 AND returned <= fulfilled", name="returned_within_fulfilled"),
        CheckConstraint("refunded >= 0 AND refunded <= quantity", name="refunded_within_quantity"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey(OrderRow.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    product_id: Mapped[UUID]
    sku: Mapped[str]
    name: Mapped[str]
    unit_price_amount: Mapped[int]
    quantity: Mapped[int]
    fulfilled: Mapped[int]
    cancelled: Mapped[int] = mapped_column(server_default=text("0"))
    returned: Mapped[int] = mapped_column(server_default=text("0"))
    refunded: Mapped[int]


class OrderHistoryRow(Row):
    """A change of an order's status. `version` is the order's version after the change."""

    __tablename__ = "order_history"
    __table_args__ = (one_of("action", Action), one_of("source", OrderStatus), one_of("target", OrderStatus))

    order_id: Mapped[UUID] = mapped_column(ForeignKey(OrderRow.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str]
    source: Mapped[str | None]
    target: Mapped[str]
    reason: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    request_id: Mapped[str]
    occurred_at: Mapped[datetime]


class FulfillmentRow(Row):
    """A fulfillment.

    The lines of a fulfillment are JSON, because they are read only together with the fulfillment. The order's lines
    contain the total quantities of all fulfillments.
    """

    __tablename__ = "fulfillments"
    __table_args__ = (Index(None, "order_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey(OrderRow.id))
    lines: Mapped[list[LineUnits]] = mapped_column(JSON)
    carrier: Mapped[str | None]
    tracking: Mapped[str | None]
    created_at: Mapped[datetime]


class ReturnRow(Row):
    """A return. `refund_amount` is in the order's currency."""

    __tablename__ = "returns"
    __table_args__ = (
        one_of("status", ReturnStatus),
        money("refund_amount"),
        Index(None, "order_id", "requested_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey(OrderRow.id))
    status: Mapped[str]
    lines: Mapped[list[ReturnedUnits]] = mapped_column(JSON)
    reason: Mapped[str | None]
    decision_reason: Mapped[str | None]
    currency: Mapped[str | None]
    refund_amount: Mapped[int | None]
    refund_id: Mapped[UUID | None]
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
