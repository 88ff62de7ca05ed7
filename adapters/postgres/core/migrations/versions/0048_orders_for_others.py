"""Record the caller that placed an order, and make keys unique for each caller.

Additive: release 2 writes orders without `placed_by`, which their customers placed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
min_compatible_release = 2

_KEY = "uq_orders_customer_id_idempotency_key"
_NEW_KEY = "uq_orders_placed_by_idempotency_key"


def upgrade() -> None:
    op.add_column("orders", sa.Column("placed_by", sa.Uuid), if_not_exists=True)
    # Building an index on a large table takes minutes. A failed attempt leaves the column and an invalid index.
    with op.get_context().autocommit_block():
        op.drop_index(_NEW_KEY, "orders", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            _NEW_KEY,
            "orders",
            [sa.text("coalesce(placed_by, customer_id)"), "idempotency_key"],
            unique=True,
            postgresql_concurrently=True,
        )
    # Release 2 recognizes a violation by the name of the former constraint.
    op.drop_constraint(op.f(_KEY), "orders")
    op.execute(f"ALTER INDEX {_NEW_KEY} RENAME TO {_KEY}")


def downgrade() -> None:
    op.drop_index(_KEY, "orders")
    op.create_unique_constraint(op.f(_KEY), "orders", ["customer_id", "idempotency_key"])
    op.drop_column("orders", "placed_by")
