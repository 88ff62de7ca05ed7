"""Add an index of an endpoint's undelivered deliveries by creation time.

Retries of a period use the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
min_compatible_release = 2


def upgrade() -> None:
    # Concurrently, because the table can be large. A failed attempt leaves an unusable index.
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_webhook_deliveries_undelivered",
            "webhook_deliveries",
            postgresql_concurrently=True,
            if_exists=True,
        )
        op.create_index(
            "ix_webhook_deliveries_undelivered",
            "webhook_deliveries",
            ["endpoint_id", "created_at", "position"],
            postgresql_where=sa.text("status <> 'delivered'"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_undelivered", "webhook_deliveries")
