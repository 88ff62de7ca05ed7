"""At most one undecided payment per order.

Earlier releases permitted several undecided payments of one order. All such payments of an order but the
first are marked, so that the index can be created on existing data. Each marked payment still gets a result,
and is refunded if the order does not need the money.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column(
        "payments",
        sa.Column("predates_sole_payment", sa.Boolean, server_default=sa.false(), nullable=False),
    )
    op.execute("LOCK TABLE payments IN SHARE ROW EXCLUSIVE MODE")
    op.execute(
        """
        UPDATE payments SET predates_sole_payment = true
        FROM (SELECT id, row_number() OVER (PARTITION BY order_id ORDER BY requested_at, id) AS position
              FROM payments WHERE decided_at IS NULL) undecided
        WHERE undecided.id = payments.id AND undecided.position > 1
        """
    )
    op.create_index(
        "uq_payments_undecided",
        "payments",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL AND NOT predates_sole_payment"),
    )


def downgrade() -> None:
    op.drop_index("uq_payments_undecided", "payments")
    op.drop_column("payments", "predates_sole_payment")
