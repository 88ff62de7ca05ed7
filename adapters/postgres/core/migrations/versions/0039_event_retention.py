"""An index of events by time, and a record of the time before which events were pruned.

The index is a BRIN, which costs almost nothing at each insertion because events are written in the order of time.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
min_compatible_release = 2


def upgrade() -> None:
    op.create_index("ix_outbox_occurred_at", "outbox", ["occurred_at"], postgresql_using="brin")
    op.create_table(
        "retention_marks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("pruned_until", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_retention_marks"),
    )


def downgrade() -> None:
    op.drop_table("retention_marks")
    op.drop_index("ix_outbox_occurred_at", "outbox")
