"""Mail requests, one-time tokens, and accounts with unverified addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _allow("'pending', 'active', 'disabled', 'closed'")
    op.create_table(
        "one_time_tokens",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "purpose", name="pk_one_time_tokens"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_one_time_tokens_user_id_users"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_tokens_token_hash"),
        sa.CheckConstraint(
            "purpose IN ('verify_email', 'reset_password')", name=op.f("ck_one_time_tokens_purpose")
        ),
    )
    op.create_table(
        "mail_requests",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kind", "address", name="pk_mail_requests"),
        sa.CheckConstraint("kind IN ('sign_up', 'password_reset')", name=op.f("ck_mail_requests_kind")),
    )
    op.create_index("ix_mail_requests_due_at", "mail_requests", ["due_at"])


def downgrade() -> None:
    op.drop_table("mail_requests")
    op.drop_table("one_time_tokens")
    op.execute("UPDATE users SET status = 'disabled' WHERE status = 'pending'")
    _allow("'active', 'disabled', 'closed'")


def _allow(statuses: str) -> None:
    name = op.f("ck_users_status")
    op.drop_constraint(name, "users")
    op.create_check_constraint(name, "users", f"status IN ({statuses})")
