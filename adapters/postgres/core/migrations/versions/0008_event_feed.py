"""Replace the transaction id of events by their positions in the feed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.drop_column("outbox", "xid")
    op.create_unique_constraint("uq_outbox_position", "outbox", ["position"])
    op.create_index(
        "ix_outbox_unpublished",
        "outbox",
        ["aggregate_id", "aggregate_version"],
        postgresql_where=sa.text("position IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_unpublished", "outbox")
    op.drop_constraint("uq_outbox_position", "outbox")
    op.execute("ALTER TABLE outbox ADD xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
