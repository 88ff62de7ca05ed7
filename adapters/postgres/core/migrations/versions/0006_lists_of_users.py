"""Indexes for lists of users: all users, users by role and users by status."""

from alembic import op

revision = "0006"
down_revision = "0005"

_LISTS = (["created_at", "id"], ["role", "created_at", "id"], ["status", "created_at", "id"])


def upgrade() -> None:
    for columns in _LISTS:
        op.create_index(_name(columns), "users", columns)


def downgrade() -> None:
    for columns in _LISTS:
        op.drop_index(_name(columns), "users")


def _name(columns: list[str]) -> str:
    return f"ix_users_{'_'.join(columns)}"
