from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import JsonText, Row


class AuditEntryRow(Row):
    """An audit entry.

    A trigger rejects all updates, and all deletions except the deletions by pruning.

    The table has no foreign keys. An entry therefore stays in the table after the object that it names is deleted.
    Inserting an entry locks no other row.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "actor_id", "at", "id"),
        Index(None, "action", "at", "id"),
        Index(None, "object_id", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    request_id: Mapped[str]
    action: Mapped[str]
    object_id: Mapped[str | None]
    details: Mapped[str] = mapped_column(JsonText)
