"""Store no address and no password for a closed account, instead of placeholders.

The placeholder address had a domain with which anybody could sign up. Additive: every row that the former
release writes is still allowed. While the former release is still running, its list of accounts cannot show
accounts without an address.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_OPEN = op.f("ck_users_open")


def upgrade() -> None:
    op.alter_column("users", "email", existing_type=sa.Text, nullable=True)
    op.alter_column("users", "password_hash", existing_type=sa.Text, nullable=True)
    op.execute(
        "UPDATE users SET email = NULL, email_typed = NULL, password_hash = NULL WHERE status = 'closed'"
    )
    op.create_check_constraint(
        _OPEN, "users", "status = 'closed' OR (email IS NOT NULL AND password_hash IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(_OPEN, "users")
    op.execute(
        "UPDATE users SET email = coalesce(email, 'closed:' || id), password_hash = coalesce(password_hash, '') "
        "WHERE status = 'closed'"
    )
    op.alter_column("users", "password_hash", existing_type=sa.Text, nullable=False)
    op.alter_column("users", "email", existing_type=sa.Text, nullable=False)
