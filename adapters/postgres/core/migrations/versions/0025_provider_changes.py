"""Disputes, and refunds that were made at the provider or by other means."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_OLD_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'fulfil', 'refund', 'settle_refund',"
    " 'fail_refund', 'revive', 'orphan')"
)
_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'fulfil', 'refund', 'settle_refund',"
    " 'fail_refund', 'record_refund', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive', 'orphan')"
)


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("open_disputes", sa.BigInteger, server_default=sa.text("0"), nullable=False)
    )
    op.add_column("payments", sa.Column("dispute", sa.Text))
    op.create_check_constraint(op.f("ck_payments_dispute"), "payments", "dispute IN ('open', 'won', 'lost')")
    op.add_column("refunds", sa.Column("channel", sa.Text, server_default="original", nullable=False))
    op.add_column("refunds", sa.Column("origin", sa.Text, server_default="shop", nullable=False))
    op.create_check_constraint(op.f("ck_refunds_channel"), "refunds", "channel IN ('original', 'external')")
    op.create_check_constraint(op.f("ck_refunds_origin"), "refunds", "origin IN ('shop', 'provider')")
    _replace_actions(_ACTIONS)


def downgrade() -> None:
    op.execute(f"DELETE FROM order_history WHERE action NOT IN {_OLD_ACTIONS}")
    _replace_actions(_OLD_ACTIONS)
    op.drop_column("refunds", "origin")
    op.drop_column("refunds", "channel")
    op.drop_column("payments", "dispute")
    op.drop_column("orders", "open_disputes")


def _replace_actions(actions: str) -> None:
    op.drop_constraint(op.f("ck_order_history_action"), "order_history")
    op.create_check_constraint(op.f("ck_order_history_action"), "order_history", f"action IN {actions}")
