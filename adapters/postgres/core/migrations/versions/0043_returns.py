"""Returns of shipped units."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
min_compatible_release = 2

_OLD_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'cancel_lines', 'fulfil', 'refund',"
    " 'settle_refund', 'fail_refund', 'record_refund', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive',"
    " 'orphan')"
)
_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'cancel_lines', 'fulfil', 'refund',"
    " 'settle_refund', 'fail_refund', 'record_refund', 'request_return', 'approve_return', 'refuse_return',"
    " 'receive_return', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive', 'orphan')"
)


def upgrade() -> None:
    op.create_table(
        "returns",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("lines", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("decision_reason", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("refund_amount", sa.BigInteger),
        sa.Column("refund_id", sa.Uuid),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("received_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_returns"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_returns_order_id_orders"),
        sa.CheckConstraint(
            "status IN ('requested', 'approved', 'refused', 'received')", name=op.f("ck_returns_status")
        ),
        sa.CheckConstraint(
            "refund_amount BETWEEN -9007199254740991 AND 9007199254740991",
            name=op.f("ck_returns_refund_amount"),
        ),
    )
    op.create_index("ix_returns_order_id_requested_at_id", "returns", ["order_id", "requested_at", "id"])
    _replace_actions(_ACTIONS)


def downgrade() -> None:
    op.execute(f"DELETE FROM order_history WHERE action NOT IN {_OLD_ACTIONS}")
    _replace_actions(_OLD_ACTIONS)
    op.drop_table("returns")


def _replace_actions(actions: str) -> None:
    op.drop_constraint(op.f("ck_order_history_action"), "order_history")
    op.create_check_constraint(op.f("ck_order_history_action"), "order_history", f"action IN {actions}")
