from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row


class EventRelayRow(Row):
    """The progress of a publisher of events, and the lease of the process that runs it."""

    __tablename__ = "event_relays"

    publisher: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[UUID | None]
    token: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
