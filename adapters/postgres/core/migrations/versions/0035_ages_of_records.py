"""Indexes by age on the records that are pruned.

Additive. Creating them blocks writes to the table: about a second for a million rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
min_compatible_release = 2

_AGES = {
    "sessions": "created_at",
    "provider_events": "received_at",
    "sandbox_charges": "decides_at",
    "sandbox_refunds": "decided_at",
}


def upgrade() -> None:
    op.create_index(
        "ix_webhook_deliveries_created_at",
        "webhook_deliveries",
        ["created_at"],
        postgresql_where=sa.text("status <> 'pending'"),
    )
    for table, column in _AGES.items():
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, column in _AGES.items():
        op.drop_index(f"ix_{table}_{column}", table)
    op.drop_index("ix_webhook_deliveries_created_at", "webhook_deliveries")
