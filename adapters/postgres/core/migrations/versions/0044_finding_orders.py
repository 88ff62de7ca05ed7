"""Add indexes for the filters of order lists, and an index of events with a customer's reason.

The index of events replaces the index of cancellations, because canceled units and requested returns have
reasons as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
min_compatible_release = 2

_PAYMENT_STATUS = """(CASE
WHEN paid_amount > 0 AND refunded_amount >= paid_amount AND authorized_amount > 0 THEN 'authorized'
WHEN paid_amount > 0 AND refunded_amount >= paid_amount THEN 'refunded'
WHEN paid_amount > refunded_amount AND status IN ('cancelled', 'expired') THEN 'refund_due'
WHEN paid_amount - refunded_amount >= total_amount THEN 'paid'
WHEN refunded_amount = 0 AND total_amount > cancelled_amount
    AND total_amount - cancelled_amount <= paid_amount THEN 'paid'
WHEN authorized_amount > 0 THEN 'authorized'
WHEN refunded_amount > 0 THEN 'partially_refunded'
WHEN paid_amount > 0 AND status IN ('confirmed', 'fulfilled') THEN 'partially_captured'
ELSE 'unpaid' END)"""
_INDEXES: tuple[tuple[str, str, list[str | sa.TextClause], sa.TextClause | None], ...] = (
    ("ix_orders_payment_status", "orders", [sa.text(_PAYMENT_STATUS), "placed_at", "id"], None),
    ("ix_orders_updated_at", "orders", ["updated_at"], None),
    ("ix_order_lines_product_id_order_id", "order_lines", ["product_id", "order_id"], None),
    (
        "ix_outbox_reasons",
        "outbox",
        ["aggregate_id"],
        sa.text("type IN ('order.cancelled', 'order.lines_cancelled', 'return.requested')"),
    ),
)


def upgrade() -> None:
    # Building an index takes a while on a large table. A failed attempt leaves an unusable one.
    with op.get_context().autocommit_block():
        for name, table, columns, where in _INDEXES:
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(name, table, columns, postgresql_where=where, postgresql_concurrently=True)
        op.drop_index("ix_outbox_cancellations", "outbox", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table)
    op.create_index(
        "ix_outbox_cancellations",
        "outbox",
        ["aggregate_id"],
        postgresql_where=sa.text("type = 'order.cancelled'"),
    )
