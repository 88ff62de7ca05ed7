from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row


class ServiceClientRow(Row):
    """A service client. `scopes` are validated when the row is read.

    No constraint validates the scopes, because releases can add and remove scopes.
    """

    __tablename__ = "service_clients"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class ClientSecretRow(Row):
    """A valid secret. A retired secret has no row."""

    __tablename__ = "client_secrets"
    __table_args__ = (Index(None, "client_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey(ServiceClientRow.id))
    secret_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
