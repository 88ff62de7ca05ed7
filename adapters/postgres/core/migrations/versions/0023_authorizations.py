"""Payments with the statuses authorized, requires_action and voided.

A process of the former release cannot read these statuses. They occur only after a process of this release has
accepted a manual capture, or a card whose bank asks for authentication.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_OLD_STATUSES = "('pending', 'captured', 'failed')"
_STATUSES = "('pending', 'requires_action', 'authorized', 'captured', 'failed', 'voided')"
_OLD_ACTIONS = (
    "('place', 'pay', 'confirm', 'fail_payment', 'expire', 'cancel', 'fulfil', 'refund', 'settle_refund',"
    " 'fail_refund', 'revive', 'orphan')"
)
_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'fulfil', 'refund', 'settle_refund',"
    " 'fail_refund', 'revive', 'orphan')"
)


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("authorized_amount", sa.BigInteger, server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "orders", sa.Column("is_hold_extended", sa.Boolean, server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "payments", sa.Column("capture_method", sa.Text, server_default="automatic", nullable=False)
    )
    op.add_column("payments", sa.Column("action_until", sa.DateTime(timezone=True)))
    op.add_column("payments", sa.Column("authorized_until", sa.DateTime(timezone=True)))
    op.add_column(
        "payments", sa.Column("is_ending_announced", sa.Boolean, server_default=sa.false(), nullable=False)
    )
    op.add_column("payments", sa.Column("requested", sa.Text))
    op.add_column("payments", sa.Column("requested_amount", sa.BigInteger))
    op.create_check_constraint(
        op.f("ck_payments_capture_method"), "payments", "capture_method IN ('automatic', 'manual')"
    )
    op.create_check_constraint(op.f("ck_payments_requested"), "payments", "requested IN ('capture', 'void')")
    op.add_column(
        "sandbox_charges", sa.Column("requires_action", sa.Boolean, server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "sandbox_charges", sa.Column("is_manual", sa.Boolean, server_default=sa.false(), nullable=False)
    )
    op.add_column("sandbox_charges", sa.Column("authorized_until", sa.DateTime(timezone=True)))
    op.add_column("sandbox_charges", sa.Column("captured", sa.BigInteger))
    op.add_column("sandbox_charges", sa.Column("voided_at", sa.DateTime(timezone=True)))
    op.add_column("sandbox_messages", sa.Column("charge_reference", sa.Text))
    op.create_index("ix_sandbox_messages_charge_reference", "sandbox_messages", ["charge_reference"])
    _replace_list("payments", "status", _STATUSES)
    _replace_list("order_history", "action", _ACTIONS)


def downgrade() -> None:
    """Make open authorizations pending payments, the closest status of the former release."""
    op.execute(
        "UPDATE payments SET status = 'pending', inquire_at = now() WHERE status IN ('authorized', 'requires_action')"
    )
    op.execute("UPDATE payments SET status = 'failed' WHERE status = 'voided'")
    op.drop_index("ix_sandbox_messages_charge_reference", "sandbox_messages")
    op.drop_column("sandbox_messages", "charge_reference")
    for column in ("voided_at", "captured", "authorized_until", "is_manual", "requires_action"):
        op.drop_column("sandbox_charges", column)
    _replace_list("payments", "status", _OLD_STATUSES)
    op.execute(f"DELETE FROM order_history WHERE action NOT IN {_OLD_ACTIONS}")
    _replace_list("order_history", "action", _OLD_ACTIONS)
    for column in (
        "requested_amount",
        "requested",
        "is_ending_announced",
        "authorized_until",
        "action_until",
        "capture_method",
    ):
        op.drop_column("payments", column)
    op.drop_column("orders", "is_hold_extended")
    op.drop_column("orders", "authorized_amount")


def _replace_list(table: str, column: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN {values}")
