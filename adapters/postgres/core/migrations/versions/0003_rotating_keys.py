"""The times from which a signing key signs and until which it verifies."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _move("created_at", to="signs_from")
    op.add_column("signing_keys", sa.Column("verifies_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # In the former schema every key verifies for ever, so keys that have an end are deleted.
    op.execute("DELETE FROM signing_keys WHERE verifies_until IS NOT NULL")
    op.drop_column("signing_keys", "verifies_until")
    _move("signs_from", to="created_at")


def _move(column: str, *, to: str) -> None:
    """Replace a column instead of renaming it.

    From PostgreSQL 18 on, a renamed column would keep the old name in its NOT NULL constraint.
    """
    op.add_column("signing_keys", sa.Column(to, sa.DateTime(timezone=True), nullable=True))
    op.execute(f"UPDATE signing_keys SET {to} = {column}")
    op.alter_column("signing_keys", to, nullable=False)
    op.drop_column("signing_keys", column)
