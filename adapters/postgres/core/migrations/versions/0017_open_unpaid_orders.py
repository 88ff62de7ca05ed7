"""Add an index on the open unpaid orders of a customer.

They are counted when the customer places another order.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_index(
        "ix_orders_customer_id_expires_at",
        "orders",
        ["customer_id", "expires_at"],
        postgresql_where=sa.text("status = 'pending_payment'"),
    )


def downgrade() -> None:
    op.drop_index("ix_orders_customer_id_expires_at", "orders")
