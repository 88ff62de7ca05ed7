"""Store orders of guests, who have no account.

Additive: release 2 reads the order of a guest without its customer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
min_compatible_release = 2

_OLD_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'renew_authorization',"
    " 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'cancel_lines', 'change', 'fulfil', 'refund',"
    " 'settle_refund', 'fail_refund', 'record_refund', 'request_return', 'approve_return', 'refuse_return',"
    " 'receive_return', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive', 'orphan')"
)
_ACTIONS = _OLD_ACTIONS.replace("'change', ", "'change', 'claim', ")
_INDEX = "ix_orders_guest_email"
_NEW_CHECKS = (("orders", "ck_orders_has_caller"), ("order_history", "ck_order_history_action"))


def upgrade() -> None:
    # A failed attempt to build the index leaves the columns and the constraints.
    op.add_column("orders", sa.Column("guest_email", sa.Text), if_not_exists=True)
    op.add_column("orders", sa.Column("guest_email_typed", sa.Text), if_not_exists=True)
    op.add_column("orders", sa.Column("guest_name", sa.Text), if_not_exists=True)
    op.add_column(
        "orders",
        sa.Column("order_token_version", sa.BigInteger, nullable=False, server_default=sa.text("1")),
        if_not_exists=True,
    )
    op.alter_column("orders", "customer_id", nullable=True)
    op.drop_constraint(op.f("ck_orders_has_caller"), "orders", if_exists=True)
    op.create_check_constraint(
        op.f("ck_orders_has_caller"),
        "orders",
        "customer_id IS NOT NULL OR placed_by IS NOT NULL",
        postgresql_not_valid=True,
    )
    _replace_actions(_ACTIONS, postgresql_not_valid=True)
    # These statements read whole tables. They run without the lock that the changes above hold
    # until their commit.
    with op.get_context().autocommit_block():
        for table, name in _NEW_CHECKS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        op.drop_index(_INDEX, "orders", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            _INDEX,
            "orders",
            ["guest_email"],
            postgresql_where=sa.text("guest_email IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    """Restore the former schema. Fails if an order of a guest exists, because that schema cannot store it."""
    op.drop_index(_INDEX, "orders")
    op.drop_constraint(op.f("ck_orders_has_caller"), "orders")
    op.alter_column("orders", "customer_id", nullable=False)
    for column in ("order_token_version", "guest_name", "guest_email_typed", "guest_email"):
        op.drop_column("orders", column)
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
