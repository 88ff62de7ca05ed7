"""Request and response models."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.peers.tutorial.models import Order, OrderLine, Product

ALLOWED_ACTIONS = {"pending_payment": ["pay", "cancel", "cancel_lines", "change"]}


class Money(BaseModel):
    amount: int
    currency: str


class ProductOut(BaseModel):
    id: UUID
    sku: str
    name: str
    description: str
    price: Money
    attributes: dict[str, str]
    status: str
    available: int
    max_per_order: int | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, product: Product) -> Self:
        return cls(
            id=product.id,
            sku=product.sku,
            name=product.name,
            description=product.description,
            price=Money(amount=product.price_amount, currency=product.price_currency),
            attributes=product.attributes,
            status=product.status,
            available=product.stock.on_hand - product.stock.reserved,
            max_per_order=product.max_per_order,
            version=product.version + product.stock.version - product.stock_version,
            created_at=product.created_at,
            updated_at=product.updated_at,
        )


class ProductPage(BaseModel):
    items: list[ProductOut]
    next_cursor: str | None


class LineIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    product_id: UUID
    quantity: int = Field(ge=1, le=1_000_000, strict=True)


class OrderIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lines: list[LineIn] = Field(min_length=1, max_length=100)


class LineOut(BaseModel):
    id: UUID
    product_id: UUID
    sku: str
    name: str
    unit_price: Money
    quantity: int
    fulfilled: int
    cancelled: int
    returned: int
    refunded: int
    line_total: Money

    @classmethod
    def of(cls, line: OrderLine, currency: str) -> Self:
        return cls(
            id=line.id,
            product_id=line.product_id,
            sku=line.sku,
            name=line.name,
            unit_price=Money(amount=line.unit_price_amount, currency=currency),
            quantity=line.quantity,
            fulfilled=line.fulfilled,
            cancelled=line.cancelled,
            returned=line.returned,
            refunded=line.refunded,
            line_total=Money(amount=line.unit_price_amount * line.quantity, currency=currency),
        )


class Guest(BaseModel):
    email: str
    full_name: str | None


class OrderOut(BaseModel):
    id: UUID
    number: str
    status: str
    payment_status: str
    fulfillment_status: str
    allowed_actions: list[str]
    currency: str
    lines: list[LineOut]
    total: Money
    paid_total: Money
    refunded_total: Money
    payable_total: Money
    disputed: bool
    customer_id: UUID
    guest: Guest | None
    shipping_address: dict[str, Any] | None
    note: str | None
    metadata: dict[str, Any]
    expires_at: datetime
    placed_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls(
            id=order.id,
            number=order.number,
            status=order.status,
            payment_status=_payment_status(order),
            fulfillment_status=_fulfillment_status(order),
            allowed_actions=ALLOWED_ACTIONS.get(order.status, []),
            currency=order.currency,
            lines=[LineOut.of(line, order.currency) for line in order.lines],
            total=Money(amount=order.total_amount, currency=order.currency),
            paid_total=Money(amount=order.paid_amount, currency=order.currency),
            refunded_total=Money(amount=order.refunded_amount, currency=order.currency),
            payable_total=Money(amount=order.total_amount - order.cancelled_amount, currency=order.currency),
            disputed=order.open_disputes > 0,
            customer_id=order.customer_id,
            guest=(
                Guest(email=order.guest_email_typed, full_name=order.guest_name)
                if order.guest_email_typed
                else None
            ),
            shipping_address=order.shipping_address,
            note=order.note,
            metadata=order.order_metadata,
            expires_at=order.expires_at,
            placed_at=order.placed_at,
            updated_at=order.updated_at,
            version=order.version,
        )


def _payment_status(order: Order) -> str:
    if 0 < order.paid_amount <= order.refunded_amount:
        return "refunded"
    if order.paid_amount > order.refunded_amount and order.status in {"cancelled", "expired"}:
        return "refund_due"
    if order.refunded_amount > 0:
        return "partially_refunded"
    return "paid" if order.paid_amount >= order.total_amount else "unpaid"


def _fulfillment_status(order: Order) -> str:
    fulfilled = sum(line.fulfilled for line in order.lines)
    if fulfilled == 0:
        return "unfulfilled"
    return "fulfilled" if fulfilled >= sum(line.quantity for line in order.lines) else "partial"
