"""The service's tables as ORM models, in the style of SQLAlchemy's tutorial."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import JSON as PG_JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Model(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's declarative style
        str: Text(),
        int: BigInteger(),
        bytes: LargeBinary(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSON(none_as_null=True),
    }


class Stock(Model):
    __tablename__ = "stocks"

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]
    version: Mapped[int]


class Product(Model):
    __tablename__ = "products"

    id: Mapped[UUID] = mapped_column(ForeignKey(Stock.product_id), primary_key=True)
    sku: Mapped[str]
    name: Mapped[str]
    description: Mapped[str]
    price_amount: Mapped[int]
    price_currency: Mapped[str]
    attributes: Mapped[dict[str, Any]]
    max_per_order: Mapped[int | None]
    status: Mapped[str]
    version: Mapped[int]
    stock_version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    stock: Mapped[Stock] = relationship()


class Order(Model):
    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    customer_id: Mapped[UUID]
    guest_email_typed: Mapped[str | None]
    guest_name: Mapped[str | None]
    idempotency_key: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    total_amount: Mapped[int]
    paid_amount: Mapped[int]
    refunded_amount: Mapped[int]
    cancelled_amount: Mapped[int]
    open_disputes: Mapped[int]
    shipping_address: Mapped[dict[str, Any] | None]
    note: Mapped[str | None]
    order_metadata: Mapped[dict[str, Any]] = mapped_column("metadata")
    expires_at: Mapped[datetime]
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]
    fingerprint: Mapped[bytes]
    fingerprint_version: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.position")
    history: Mapped[list["OrderHistory"]] = relationship()


class OrderLine(Model):
    __tablename__ = "order_lines"

    order_id: Mapped[UUID] = mapped_column(ForeignKey(Order.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    product_id: Mapped[UUID]
    sku: Mapped[str]
    name: Mapped[str]
    unit_price_amount: Mapped[int]
    quantity: Mapped[int]
    fulfilled: Mapped[int]
    cancelled: Mapped[int]
    returned: Mapped[int]
    refunded: Mapped[int]


class OrderHistory(Model):
    __tablename__ = "order_history"

    order_id: Mapped[UUID] = mapped_column(ForeignKey(Order.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    source: Mapped[str | None]
    target: Mapped[str]
    reason: Mapped[str | None]
    actor_id: Mapped[UUID | None]
    request_id: Mapped[str]
    occurred_at: Mapped[datetime]


class StockMovement(Model):
    __tablename__ = "stock_movements"

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    on_hand_delta: Mapped[int]
    reserved_delta: Mapped[int]
    on_hand: Mapped[int]
    reserved: Mapped[int]
    reason: Mapped[str]
    note: Mapped[str | None]
    order_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None]
    request_id: Mapped[str]
    occurred_at: Mapped[datetime]


class OutboxEvent(Model):
    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    aggregate_type: Mapped[str]
    aggregate_id: Mapped[UUID]
    aggregate_version: Mapped[int]
    occurred_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class IdempotencyKey(Model):
    __tablename__ = "idempotency_keys"

    principal: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    result: Mapped[dict[str, Any] | None] = mapped_column(PG_JSON(none_as_null=True))
    replays: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
