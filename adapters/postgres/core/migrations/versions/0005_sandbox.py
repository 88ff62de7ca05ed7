"""The records of the sandbox payment provider."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MONEY = "amount BETWEEN -9007199254740991 AND 9007199254740991"
_CURRENCY = "currency ~ '^[A-Z]{3}$'"


def upgrade() -> None:
    op.create_table(
        "sandbox_charges",
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        *_amount(),
        sa.Column("failure", sa.Text, nullable=True),
        sa.Column("decides_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_sandbox_charges"),
        sa.UniqueConstraint("payment_id", "position", name="uq_sandbox_charges_payment_id_position"),
        sa.CheckConstraint(_MONEY, name=op.f("ck_sandbox_charges_amount")),
        sa.CheckConstraint(_CURRENCY, name=op.f("ck_sandbox_charges_currency")),
    )
    op.create_table(
        "sandbox_refunds",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("charge_reference", sa.Text, nullable=False),
        *_amount(),
        sa.Column("failure", sa.Text, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sandbox_refunds"),
        sa.CheckConstraint(_MONEY, name=op.f("ck_sandbox_refunds_amount")),
        sa.CheckConstraint(_CURRENCY, name=op.f("ck_sandbox_refunds_currency")),
    )
    op.create_index("ix_sandbox_refunds_charge_reference", "sandbox_refunds", ["charge_reference"])
    op.create_table(
        "sandbox_messages",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sandbox_messages"),
    )
    op.create_index("ix_sandbox_messages_due_at", "sandbox_messages", ["due_at"])


def downgrade() -> None:
    for table in ("sandbox_messages", "sandbox_refunds", "sandbox_charges"):
        op.drop_table(table)


def _amount() -> tuple[sa.Column[int], sa.Column[str]]:
    return (
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
    )
