"""Attempts to log in, to sign up and to reset a password."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "attempt_tallies",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("forgiven_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_attempt_tallies"),
        postgresql_with={"fillfactor": 70},
    )


def downgrade() -> None:
    op.drop_table("attempt_tallies")
