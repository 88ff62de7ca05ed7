"""An index to retry the undelivered deliveries of an endpoint by the time of their creation.

Not built concurrently: that waits for the snapshots of all other sessions, and a process that starts at the same time
waits with a snapshot for the end of this migration. Deliveries are written by workers, which wait for some seconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
min_compatible_release = 2


def upgrade() -> None:
    op.create_index(
        "ix_webhook_deliveries_undelivered",
        "webhook_deliveries",
        ["endpoint_id", "created_at", "position"],
        postgresql_where=sa.text("status <> 'delivered'"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_undelivered", "webhook_deliveries")
