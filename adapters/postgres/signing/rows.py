from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row


class SigningKeyRow(Row):
    """A key pair that signs access tokens, or that has signed tokens that are still valid."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(primary_key=True)
    private_pem: Mapped[bytes]
    signs_from: Mapped[datetime]
    verifies_until: Mapped[datetime | None]


class ServiceSecretRow(Row):
    """A secret that the processes of the service share."""

    __tablename__ = "service_secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes]
