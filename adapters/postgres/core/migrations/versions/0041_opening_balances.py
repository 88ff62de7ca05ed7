"""Old movements of stock are summed into opening balances.

The index is a BRIN, which costs almost nothing at each insertion because movements are written in the order of time.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
min_compatible_release = 2

_RESTORE = """
INSERT INTO stock_movements (product_id, version, on_hand_delta, reserved_delta, on_hand, reserved, reason, note, request_id, occurred_at)
SELECT product_id, 0, on_hand, reserved, on_hand, reserved, 'initial', 'Opening balance', 'migration', now()
FROM stock_opening_balances
"""


def upgrade() -> None:
    op.create_index(
        "ix_stock_movements_occurred_at", "stock_movements", ["occurred_at"], postgresql_using="brin"
    )
    op.create_table(
        "stock_opening_balances",
        sa.Column("product_id", sa.Uuid, nullable=False),
        sa.Column("on_hand", sa.BigInteger, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("product_id", name="pk_stock_opening_balances"),
    )


def downgrade() -> None:
    op.execute(_RESTORE)
    op.drop_table("stock_opening_balances")
    op.drop_index("ix_stock_movements_occurred_at", "stock_movements")
