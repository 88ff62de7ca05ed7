"""Store the trace context of each event, for the trace of its deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
min_compatible_release = 2


def upgrade() -> None:
    op.add_column("outbox", sa.Column("traceparent", sa.Text, nullable=True))


def downgrade() -> None:
    op.drop_column("outbox", "traceparent")
