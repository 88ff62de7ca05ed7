"""A webhook endpoint has two secrets while one replaces the other.

Additive: the former release signs with the new secret only. A subscriber that has not replaced the old one rejects its
messages, and gets them again when this release retries.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
min_compatible_release = 2


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("former_secret", sa.LargeBinary))
    op.add_column("webhook_endpoints", sa.Column("former_secret_expires_at", sa.TIMESTAMP(timezone=True)))


def downgrade() -> None:
    op.drop_column("webhook_endpoints", "former_secret_expires_at")
    op.drop_column("webhook_endpoints", "former_secret")
