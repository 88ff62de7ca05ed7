"""Add an owner to webhook endpoints.

The owner is the user or client that created the endpoint, if the audit log names it.

Additive: the former release neither writes nor reads the columns.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("owner_id", sa.Uuid))
    op.add_column("webhook_endpoints", sa.Column("blocked_at", sa.TIMESTAMP(timezone=True)))
    op.execute(
        "UPDATE webhook_endpoints SET owner_id = audit_log.actor_id FROM audit_log "
        "WHERE audit_log.action = 'webhook_endpoint.created' AND audit_log.object_id = webhook_endpoints.id::text"
    )


def downgrade() -> None:
    op.drop_column("webhook_endpoints", "blocked_at")
    op.drop_column("webhook_endpoints", "owner_id")
