"""Sessions store when a refresh token was last reissued after the grace period.

Additive: the former release ends a session instead of reissuing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
min_compatible_release = 2


def upgrade() -> None:
    op.add_column("sessions", sa.Column("reissued_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("sessions", "reissued_at")
