"""The tables of the sandbox provider. No foreign key connects them to the shop's tables."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row, currency, money


class SandboxChargeRow(Row):
    """A charge. `position` numbers the charges of one payment from 0.

    Payment and position are unique together, so that only one request writes the first charge.
    """

    __tablename__ = "sandbox_charges"
    __table_args__ = (
        UniqueConstraint("payment_id", "position"),
        Index(None, "decides_at"),
        money("amount"),
        currency("currency"),
    )

    reference: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    position: Mapped[int]
    amount: Mapped[int]
    currency: Mapped[str]
    failure: Mapped[str | None]
    decides_at: Mapped[datetime]
    requires_action: Mapped[bool] = mapped_column(server_default=false())
    is_manual: Mapped[bool] = mapped_column(server_default=false())
    authorized_until: Mapped[datetime | None]
    is_renewable: Mapped[bool] = mapped_column(server_default=false())
    captured: Mapped[int | None]
    voided_at: Mapped[datetime | None]


class SandboxRefundRow(Row):
    __tablename__ = "sandbox_refunds"
    __table_args__ = (
        money("amount"),
        currency("currency"),
        Index(None, "charge_reference"),
        Index(None, "decided_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    charge_reference: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    failure: Mapped[str | None]
    decided_at: Mapped[datetime]


class SandboxMessageRow(Row):
    __tablename__ = "sandbox_messages"
    __table_args__ = (Index(None, "due_at"), Index(None, "charge_reference"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    body: Mapped[str]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    charge_reference: Mapped[str | None]
