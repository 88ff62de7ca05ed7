"""Record renewals of authorizations, by the sandbox provider as well.

The former release cannot show the history of an order whose authorization was renewed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
min_compatible_release = 2

_OLD_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'cancel_lines', 'change', 'fulfil', 'refund',"
    " 'settle_refund', 'fail_refund', 'record_refund', 'request_return', 'approve_return', 'refuse_return',"
    " 'receive_return', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive', 'orphan')"
)
_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'renew_authorization',"
    " 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'cancel_lines', 'change', 'fulfil', 'refund',"
    " 'settle_refund', 'fail_refund', 'record_refund', 'request_return', 'approve_return', 'refuse_return',"
    " 'receive_return', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive', 'orphan')"
)


def upgrade() -> None:
    op.add_column(
        "sandbox_charges",
        sa.Column("is_renewable", sa.Boolean, server_default=sa.false(), nullable=False),
        if_not_exists=True,
    )
    _replace_actions(_ACTIONS, postgresql_not_valid=True)
    # Validation reads the whole table. It runs without the lock that adding the constraint holds
    # until its commit.
    with op.get_context().autocommit_block():
        op.execute(sa.text("ALTER TABLE order_history VALIDATE CONSTRAINT ck_order_history_action"))


def downgrade() -> None:
    op.execute(f"DELETE FROM order_history WHERE action NOT IN {_OLD_ACTIONS}")
    _replace_actions(_OLD_ACTIONS)
    op.drop_column("sandbox_charges", "is_renewable")


def _replace_actions(actions: str, *, postgresql_not_valid: bool = False) -> None:
    op.drop_constraint(op.f("ck_order_history_action"), "order_history")
    op.create_check_constraint(
        op.f("ck_order_history_action"),
        "order_history",
        f"action IN {actions}",
        postgresql_not_valid=postgresql_not_valid,
    )
