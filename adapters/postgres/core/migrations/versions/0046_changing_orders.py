"""Add changes of details to the history of orders.

Additive, but release 2 cannot show the history of a changed order.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
min_compatible_release = 2

_OLD_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'cancel_lines', 'fulfil', 'refund',"
    " 'settle_refund', 'fail_refund', 'record_refund', 'request_return', 'approve_return', 'refuse_return',"
    " 'receive_return', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive', 'orphan')"
)
_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'cancel_lines', 'change', 'fulfil', 'refund',"
    " 'settle_refund', 'fail_refund', 'record_refund', 'request_return', 'approve_return', 'refuse_return',"
    " 'receive_return', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive', 'orphan')"
)


def upgrade() -> None:
    _replace_actions(_ACTIONS, postgresql_not_valid=True)
    # Validation reads the whole table. It runs without the lock that adding the constraint holds
    # until its commit.
    with op.get_context().autocommit_block():
        op.execute(sa.text("ALTER TABLE order_history VALIDATE CONSTRAINT ck_order_history_action"))


def downgrade() -> None:
    op.execute(f"DELETE FROM order_history WHERE action NOT IN {_OLD_ACTIONS}")
    _replace_actions(_OLD_ACTIONS)


def _replace_actions(actions: str, *, postgresql_not_valid: bool = False) -> None:
    op.drop_constraint(op.f("ck_order_history_action"), "order_history")
    op.create_check_constraint(
        op.f("ck_order_history_action"),
        "order_history",
        f"action IN {actions}",
        postgresql_not_valid=postgresql_not_valid,
    )
