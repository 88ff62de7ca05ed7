"""An indexed column that says whether a product is available, for the filter `in_stock`.

PostgreSQL computes it, so that the previous release keeps it right as well. Adding it rewrites the table: 0.7 seconds
for a million stocks, and another 0.6 seconds for the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column(
        "stocks",
        sa.Column("in_stock", sa.Boolean, sa.Computed("on_hand > reserved", persisted=True), nullable=False),
    )
    op.create_index("ix_stocks_in_stock_product_id", "stocks", ["in_stock", "product_id"])


def downgrade() -> None:
    op.drop_index("ix_stocks_in_stock_product_id", "stocks")
    op.drop_column("stocks", "in_stock")
