"""Since when a key signs, and until when it verifies."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _move("created_at", to="signs_from")
    op.add_column("signing_keys", sa.Column("verifies_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # Before, every key verified for ever.
    op.execute("DELETE FROM signing_keys WHERE verifies_until IS NOT NULL")
    op.drop_column("signing_keys", "verifies_until")
    _move("signs_from", to="created_at")


def _move(column: str, *, to: str) -> None:
    """Make a column anew: renamed, it would keep the former name in that of its NOT NULL, from PostgreSQL 18 on."""
    op.add_column("signing_keys", sa.Column(to, sa.DateTime(timezone=True), nullable=True))
    op.execute(f"UPDATE signing_keys SET {to} = {column}")  # noqa: S608 - names of this file
    op.alter_column("signing_keys", to, nullable=False)
    op.drop_column("signing_keys", column)
