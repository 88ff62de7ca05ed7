"""Add an index on the events of an aggregate.

The check of the invariants uses it for ranges of orders.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
min_compatible_release = 2


def upgrade() -> None:
    op.create_index(
        "ix_outbox_of_order",
        "outbox",
        ["aggregate_id", "aggregate_version"],
        postgresql_where=sa.text("aggregate_type = 'order'"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_of_order", "outbox")
