"""Add the columns to change and pause webhook endpoints.

Additive: the former release writes none of the columns. The former release also sends events to paused
endpoints, and does not increment the version when an endpoint is transferred.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
min_compatible_release = 2


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("description", sa.Text, server_default="", nullable=False))
    op.add_column("webhook_endpoints", sa.Column("paused_at", sa.TIMESTAMP(timezone=True)))
    op.add_column(
        "webhook_endpoints", sa.Column("version", sa.BigInteger, server_default=sa.text("1"), nullable=False)
    )


def downgrade() -> None:
    for column in ("version", "paused_at", "description"):
        op.drop_column("webhook_endpoints", column)
