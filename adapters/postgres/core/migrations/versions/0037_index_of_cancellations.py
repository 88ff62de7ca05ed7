"""Add an index of cancellation events with a customer's reason.

Closing the account erases these reasons.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
min_compatible_release = 2


def upgrade() -> None:
    # Building the index takes a while on a large outbox, to which every order writes. A failed attempt leaves an unusable index.
    with op.get_context().autocommit_block():
        op.drop_index("ix_outbox_cancellations", "outbox", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            "ix_outbox_cancellations",
            "outbox",
            ["aggregate_id"],
            postgresql_where=sa.text("type = 'order.cancelled'"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_outbox_cancellations", "outbox")
