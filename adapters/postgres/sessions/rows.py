from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row
from adapters.postgres.users.rows import UserRow


class SessionRow(Row):
    """A session. Pages keep free space for HOT updates, because each refresh updates the row."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("family_hash"),
        Index(None, "user_id", "created_at", "id"),
        Index(None, "created_at"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(UserRow.id))
    family_hash: Mapped[bytes]
    secret_hash: Mapped[bytes]
    former_secret_hash: Mapped[bytes | None]
    sealed_successor: Mapped[bytes | None]
    reissued_at: Mapped[datetime | None]
    user_agent: Mapped[str | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
