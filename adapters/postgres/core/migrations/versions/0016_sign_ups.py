"""Sign-ups that wait for their addresses to be confirmed.

Additive: the former release continues to create pending accounts, which this release can open as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "sign_ups",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("full_name", sa.Text, nullable=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=True),
        sa.Column("mail_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_attempts", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ups"),
        sa.UniqueConstraint("token_hash", name="uq_sign_ups_token_hash"),
    )
    op.create_index("ix_sign_ups_email", "sign_ups", ["email"])
    op.create_index("ix_sign_ups_mail_due_at", "sign_ups", ["mail_due_at"])


def downgrade() -> None:
    op.drop_table("sign_ups")
