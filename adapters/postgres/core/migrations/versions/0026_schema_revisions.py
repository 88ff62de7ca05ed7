"""Add a table that records the releases that the schema permits.

Additive for every release since 2. Release 1 (6daf4a4) compares only revisions, and is ready only at revision
0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
min_compatible_release = 2


def upgrade() -> None:
    op.create_table(
        "schema_revisions",
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("min_compatible_release", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_schema_revisions"),
    )


def downgrade() -> None:
    op.drop_table("schema_revisions")
