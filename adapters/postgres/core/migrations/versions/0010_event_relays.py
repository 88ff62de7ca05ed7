"""The progress of each event publisher, and the lease of the process that runs it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "event_relays",
        sa.Column("publisher", sa.Text, nullable=False),
        sa.Column("after", sa.Uuid, nullable=True),
        sa.Column("token", sa.Uuid, nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("publisher", name="pk_event_relays"),
    )


def downgrade() -> None:
    op.drop_table("event_relays")
