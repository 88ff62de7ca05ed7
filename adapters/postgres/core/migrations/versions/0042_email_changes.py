"""Changes of e-mail addresses.

Additive: the former release neither reads nor writes the new table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
min_compatible_release = 2


def upgrade() -> None:
    op.create_table(
        "email_changes",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_typed", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_email_changes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_email_changes_user_id_users"),
        sa.UniqueConstraint("token_hash", name="uq_email_changes_token_hash"),
    )
    op.create_index("ix_email_changes_requested_at", "email_changes", ["requested_at"])


def downgrade() -> None:
    op.drop_table("email_changes")
