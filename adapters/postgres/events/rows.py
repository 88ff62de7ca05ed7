from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import JsonText, Row


class OutboxRow(Row):
    """An event in the outbox. `data` contains the fields that have no separate column.

    `position` is the event's place in the feed. It is assigned when the event is published. If positions were
    assigned at insertion, a lower position could become visible after a higher position. A reader would then skip the
    event with the lower position.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("position"),
        Index(
            "ix_outbox_unpublished",
            "aggregate_id",
            "aggregate_version",
            postgresql_where=text("position IS NULL"),
        ),
        Index(
            "ix_outbox_reasons",
            "aggregate_id",
            postgresql_where=text("type IN ('order.cancelled', 'order.lines_cancelled', 'return.requested')"),
        ),
        Index(
            "ix_outbox_of_order",
            "aggregate_id",
            "aggregate_version",
            postgresql_where=text("aggregate_type = 'order'"),
        ),
        Index(None, "occurred_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    aggregate_type: Mapped[str]
    aggregate_id: Mapped[UUID]
    aggregate_version: Mapped[int]
    occurred_at: Mapped[datetime]
    data: Mapped[str] = mapped_column(JsonText)
    position: Mapped[int | None]
    traceparent: Mapped[str | None]


class EventRelayRow(Row):
    """The progress of an event publisher, and the lease of the process that runs the publisher."""

    __tablename__ = "event_relays"

    publisher: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[UUID | None]
    token: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
