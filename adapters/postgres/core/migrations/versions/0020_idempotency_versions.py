"""Add versions and the subject of personal data to idempotency records.

The versions are those of the fingerprint and of the format.

The defaults describe the records of earlier releases, including those that such a release writes after this migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

TABLE = "idempotency_keys"


def upgrade() -> None:
    for version in ("fingerprint_version", "format_version"):
        op.add_column(TABLE, sa.Column(version, sa.SmallInteger, nullable=False, server_default=sa.text("1")))
    op.add_column(TABLE, sa.Column("subject", sa.Uuid, nullable=True))
    op.create_index(
        "ix_idempotency_keys_subject", TABLE, ["subject"], postgresql_where=sa.text("subject IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_idempotency_keys_subject", TABLE)
    for column in ("subject", "format_version", "fingerprint_version"):
        op.drop_column(TABLE, column)
