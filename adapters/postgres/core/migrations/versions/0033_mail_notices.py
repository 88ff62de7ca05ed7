"""Mail notices: mail about an object, such as a webhook endpoint, that no user requested.

They have a separate table, because release 2 reads every row of `mail_requests` and fails at an unknown kind.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
min_compatible_release = 2


def upgrade() -> None:
    op.create_table(
        "mail_notices",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("requested_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("set_aside_at", sa.TIMESTAMP(timezone=True)),
        sa.PrimaryKeyConstraint("kind", "address", "subject_id", name="pk_mail_notices"),
    )
    op.create_index("ix_mail_notices_due_at", "mail_notices", ["due_at"])


def downgrade() -> None:
    op.drop_table("mail_notices")
