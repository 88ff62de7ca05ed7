"""The results of the last check of the invariants."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "invariant_tallies",
        sa.Column("invariant", sa.Text(), nullable=False),
        sa.Column("offenders", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("invariant", name=op.f("pk_invariant_tallies")),
        sa.CheckConstraint("offenders >= 0", name=op.f("ck_invariant_tallies_offenders")),
    )


def downgrade() -> None:
    op.drop_table("invariant_tallies")
