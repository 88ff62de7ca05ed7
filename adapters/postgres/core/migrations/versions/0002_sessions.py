"""Sessions, and the time at which a password was last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE users SET password_changed_at = created_at")
    op.alter_column("users", "password_changed_at", nullable=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("family_hash", sa.LargeBinary, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("former_secret_hash", sa.LargeBinary, nullable=True),
        sa.Column("sealed_successor", sa.LargeBinary, nullable=True),
        sa.Column("user_agent", sa.Text, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users"),
        sa.UniqueConstraint("family_hash", name="uq_sessions_family_hash"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_sessions_user_id_created_at_id", "sessions", ["user_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_table("sessions")
    op.drop_column("users", "password_changed_at")
