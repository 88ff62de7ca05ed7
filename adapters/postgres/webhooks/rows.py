from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row, one_of
from domain.webhooks.delivery import DeliveryStatus

_PENDING = text("status = 'pending'")


class WebhookEndpointRow(Row):
    """An endpoint. A worker's lease of the endpoint expires at `leased_until`.

    `served_at` is the end of the last lease.

    During a rolling upgrade, the former release can use the same rows. It also sends to paused endpoints. It never
    changes `version` or `failing_since`.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (Index(None, "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret: Mapped[bytes]
    former_secret: Mapped[bytes | None]
    former_secret_expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    served_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    owner_id: Mapped[UUID | None]
    blocked_at: Mapped[datetime | None]
    description: Mapped[str] = mapped_column(server_default="")
    paused_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class WebhookDeliveryRow(Row):
    """A delivery. The deliveries of one endpoint and aggregate are sent in the sequence of `position`."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        one_of("status", DeliveryStatus),
        Index(None, "endpoint_id", "position"),
        Index(None, "created_at", postgresql_where=text("status <> 'pending'")),
        Index(
            "ix_webhook_deliveries_undelivered",
            "endpoint_id",
            "created_at",
            "position",
            postgresql_where=text("status <> 'delivered'"),
        ),
        Index("ix_webhook_deliveries_due", "endpoint_id", "due_at", postgresql_where=_PENDING),
        Index(
            "ix_webhook_deliveries_pending",
            "endpoint_id",
            "aggregate_id",
            "position",
            postgresql_where=_PENDING,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey(WebhookEndpointRow.id, ondelete="CASCADE"))
    event_id: Mapped[UUID]
    event_type: Mapped[str]
    aggregate_id: Mapped[UUID]
    position: Mapped[int]
    status: Mapped[str]
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]


class WebhookDeliveryHeadRow(Row):
    """The first pending delivery of an endpoint and an aggregate.

    A trigger on `webhook_deliveries` maintains these rows.
    """

    __tablename__ = "webhook_delivery_heads"
    __table_args__ = (Index(None, "endpoint_id", "due_at", "position"),)

    endpoint_id: Mapped[UUID] = mapped_column(
        ForeignKey(WebhookEndpointRow.id, ondelete="CASCADE"), primary_key=True
    )
    aggregate_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    due_at: Mapped[datetime]
