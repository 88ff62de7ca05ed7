from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row


class AttemptTallyRow(Row):
    """The throttling of attempts for one account or from one network. Pages keep free space for HOT updates."""

    __tablename__ = "attempt_tallies"
    __table_args__ = ({"postgresql_with": {"fillfactor": 70}},)

    subject: Mapped[bytes] = mapped_column(primary_key=True)
    forgiven_at: Mapped[datetime]
    retry_at: Mapped[datetime]
