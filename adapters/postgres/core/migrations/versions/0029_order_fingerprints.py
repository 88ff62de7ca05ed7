"""Store the fingerprint of the request that placed an order.

Retries need it after the idempotency record is pruned.

Additive: orders of the former release have none, and their retries are not compared.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
min_compatible_release = 2


def upgrade() -> None:
    op.add_column("orders", sa.Column("fingerprint", sa.LargeBinary))
    op.add_column("orders", sa.Column("fingerprint_version", sa.SmallInteger))


def downgrade() -> None:
    op.drop_column("orders", "fingerprint_version")
    op.drop_column("orders", "fingerprint")
