from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import JsonText, Row


class IdempotencyKeyRow(Row):
    """An idempotency record: a key with the fingerprint of its request and the result.

    `result` is null only inside the transaction that claimed the key. If the result contains personal data of
    a user other than `principal`, `subject` is that user.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index(None, "created_at"),
        Index(None, "subject", postgresql_where=text("subject IS NOT NULL")),
    )

    principal: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    fingerprint_version: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    format_version: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    result: Mapped[str | None] = mapped_column(JsonText)
    replays: Mapped[int] = mapped_column(server_default=text("0"))
    subject: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
