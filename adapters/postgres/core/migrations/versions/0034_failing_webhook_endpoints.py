"""Webhook endpoints record the time since which every delivery has failed.

Additive: the former release neither sets nor clears the column. An endpoint is therefore paused only if no delivery has
succeeded since then, in either release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
min_compatible_release = 2


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("failing_since", sa.TIMESTAMP(timezone=True)))


def downgrade() -> None:
    op.drop_column("webhook_endpoints", "failing_since")
