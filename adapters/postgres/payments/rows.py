from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row, currency, money, one_of
from adapters.postgres.orders.rows import LineUnits, OrderRow
from domain.payments.payment import (
    CaptureMethod,
    DisputeStatus,
    PaymentMethod,
    PaymentOperation,
    PaymentOrigin,
    PaymentStatus,
)
from domain.payments.refund import RefundChannel, RefundOrigin, RefundStatus


class PaymentRow(Row):
    """A payment. All amounts are in `currency`.

    An order has at most one undecided payment. `predates_sole_payment` marks additional undecided payments that were
    stored before this rule existed. Only the migration sets this column.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("method", "reference"),
        Index(
            "uq_payments_undecided",
            "order_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL AND NOT predates_sole_payment"),
        ),
        one_of("method", PaymentMethod),
        one_of("capture_method", CaptureMethod),
        one_of("requested", PaymentOperation),
        one_of("dispute", DisputeStatus),
        one_of("origin", PaymentOrigin),
        one_of("status", PaymentStatus),
        currency("currency"),
        money("amount"),
        money("captured"),
        CheckConstraint("returned >= 0 AND returned <= captured", name="returned_within_captured"),
        Index(None, "order_id", "requested_at", "id"),
        Index(None, "inquire_at", "id", postgresql_where=text("inquire_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey(OrderRow.id))
    method: Mapped[str]
    capture_method: Mapped[str] = mapped_column(server_default=CaptureMethod.AUTOMATIC)
    status: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[int]
    captured: Mapped[int]
    returned: Mapped[int]
    reference: Mapped[str | None]
    failure: Mapped[str | None]
    origin: Mapped[str] = mapped_column(server_default=PaymentOrigin.SHOP)
    requested_at: Mapped[datetime]
    action_until: Mapped[datetime | None]
    authorized_until: Mapped[datetime | None]
    is_ending_announced: Mapped[bool] = mapped_column(server_default=false())
    decided_at: Mapped[datetime | None]
    requested: Mapped[str | None]
    requested_amount: Mapped[int | None]
    dispute: Mapped[str | None]
    inquire_at: Mapped[datetime | None]
    inquiries: Mapped[int]
    predates_sole_payment: Mapped[bool] = mapped_column(server_default=false())


class RefundRow(Row):
    """A refund.

    The lines of a refund are JSON, because they are read only together with the refund. The order's lines contain the
    total quantities of all refunds.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("method", "reference"),
        one_of("method", PaymentMethod),
        one_of("status", RefundStatus),
        one_of("channel", RefundChannel),
        one_of("origin", RefundOrigin),
        currency("currency"),
        money("amount"),
        Index(None, "order_id", "requested_at", "id"),
        Index(None, "payment_id"),
        Index(None, "inquire_at", "id", postgresql_where=text("inquire_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey(OrderRow.id))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(PaymentRow.id))
    method: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[int]
    lines: Mapped[list[LineUnits]] = mapped_column(JSON)
    reason: Mapped[str]
    channel: Mapped[str] = mapped_column(server_default=RefundChannel.ORIGINAL)
    origin: Mapped[str] = mapped_column(server_default=RefundOrigin.SHOP)
    reference: Mapped[str | None]
    failure: Mapped[str | None]
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    inquire_at: Mapped[datetime | None]
    inquiries: Mapped[int]


class ProviderEventRow(Row):
    """A provider event as it was first received. The primary key detects events that are sent again."""

    __tablename__ = "provider_events"
    __table_args__ = (one_of("provider", PaymentMethod), Index(None, "received_at"))

    provider: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payment_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    reference: Mapped[str | None]
    currency: Mapped[str]
    amount: Mapped[int]
    failure: Mapped[str | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
