from datetime import datetime

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import JsonText, Row


class IdempotencyKeyRow(Row):
    """A client's key, with what was asked for and what came of it.

    `result` is null only inside the transaction that has claimed the key.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created_at"),)

    principal: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    result: Mapped[str | None] = mapped_column(JsonText)
    replays: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
