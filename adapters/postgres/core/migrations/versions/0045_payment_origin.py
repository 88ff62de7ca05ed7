"""Mark payments that were captured or voided at the provider.

Additive: the former release neither reads nor writes the new column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
min_compatible_release = 2


def upgrade() -> None:
    op.add_column("payments", sa.Column("origin", sa.Text, server_default="shop", nullable=False))
    op.create_check_constraint(op.f("ck_payments_origin"), "payments", "origin IN ('shop', 'provider')")


def downgrade() -> None:
    op.drop_column("payments", "origin")
