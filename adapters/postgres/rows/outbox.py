from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.rows.schema import JsonText, Row, TransactionId


class OutboxRow(Row):
    """An event that is committed with what it tells of; `data` is what it says beyond the other columns.

    `position` is the event's place in the feed, given when it is published. Not before: a number that is drawn in a
    transaction can become visible after a higher one, and a reader who has passed that would skip it. `xid` tells a
    publisher which rows no running transaction can come before (`pg_snapshot_xmin`).
    """

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    aggregate_type: Mapped[str]
    aggregate_id: Mapped[UUID]
    aggregate_version: Mapped[int]
    occurred_at: Mapped[datetime]
    data: Mapped[str] = mapped_column(JsonText)
    position: Mapped[int | None]
    xid: Mapped[int] = mapped_column(TransactionId, server_default=text("pg_current_xact_id()"))
