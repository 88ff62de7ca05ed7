from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import JsonText, Row


class AuditEntryRow(Row):
    """A line of the audit log. A trigger refuses to change it, and to delete it unless what is old is pruned.

    It refers to nothing by a foreign key: it tells also of what is no longer there, and holds nobody up.
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
