"""Store the first pending delivery of each endpoint and aggregate.

The query for due deliveries reads only these.

A trigger maintains the heads, because release 2, which can run at the same time, writes deliveries without heads.

Transactions that change pending deliveries of one aggregate lock its head, so that each sees the changes of the others:
an insertion or a retry locks it by ON CONFLICT, and the end of a delivery by FOR UPDATE. Every transaction locks
deliveries first, and then heads in the order of the primary key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
min_compatible_release = 2


def upgrade() -> None:
    op.create_table(
        "webhook_delivery_heads",
        sa.Column("endpoint_id", sa.Uuid, nullable=False),
        sa.Column("aggregate_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", "aggregate_id", name="pk_webhook_delivery_heads"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name="fk_webhook_delivery_heads_endpoint_id_webhook_endpoints",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_webhook_delivery_heads_endpoint_id_due_at_position",
        "webhook_delivery_heads",
        ["endpoint_id", "due_at", "position"],
    )
    op.execute(
        """
        CREATE FUNCTION maintain_webhook_delivery_heads() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            endpoints uuid[];
            aggregates uuid[];
        BEGIN
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO webhook_delivery_heads AS head (endpoint_id, aggregate_id, position, due_at)
                SELECT DISTINCT ON (endpoint_id, aggregate_id) endpoint_id, aggregate_id, position, due_at
                FROM new_rows WHERE status = 'pending'
                ORDER BY endpoint_id, aggregate_id, position
                ON CONFLICT (endpoint_id, aggregate_id)
                DO UPDATE SET position = excluded.position, due_at = excluded.due_at
                WHERE excluded.position <= head.position;
            END IF;
            IF TG_OP = 'UPDATE' THEN
                SELECT array_agg(old_rows.endpoint_id), array_agg(old_rows.aggregate_id)
                INTO endpoints, aggregates
                FROM old_rows JOIN new_rows USING (id)
                WHERE old_rows.status = 'pending' AND new_rows.status <> 'pending';
            ELSIF TG_OP = 'DELETE' THEN
                SELECT array_agg(endpoint_id), array_agg(aggregate_id) INTO endpoints, aggregates
                FROM (SELECT DISTINCT endpoint_id, aggregate_id FROM old_rows WHERE status = 'pending') AS ended;
            END IF;
            IF endpoints IS NULL THEN
                RETURN NULL;
            END IF;
            PERFORM FROM webhook_delivery_heads AS head
            JOIN unnest(endpoints, aggregates) AS ended (endpoint_id, aggregate_id)
                USING (endpoint_id, aggregate_id)
            ORDER BY head.endpoint_id, head.aggregate_id
            FOR UPDATE OF head;
            -- A statement of its own, to see what was committed while this transaction waited for the lock.
            UPDATE webhook_delivery_heads AS head SET position = next.position, due_at = next.due_at
            FROM unnest(endpoints, aggregates) AS ended (endpoint_id, aggregate_id)
            CROSS JOIN LATERAL (
                SELECT position, due_at FROM webhook_deliveries AS delivery
                WHERE delivery.endpoint_id = ended.endpoint_id AND delivery.aggregate_id = ended.aggregate_id
                    AND delivery.status = 'pending'
                ORDER BY position LIMIT 1
            ) AS next
            WHERE head.endpoint_id = ended.endpoint_id AND head.aggregate_id = ended.aggregate_id;
            DELETE FROM webhook_delivery_heads AS head
            USING unnest(endpoints, aggregates) AS ended (endpoint_id, aggregate_id)
            WHERE head.endpoint_id = ended.endpoint_id AND head.aggregate_id = ended.aggregate_id
                AND NOT EXISTS (
                    SELECT FROM webhook_deliveries AS delivery
                    WHERE delivery.endpoint_id = ended.endpoint_id
                        AND delivery.aggregate_id = ended.aggregate_id AND delivery.status = 'pending'
                );
            RETURN NULL;
        END
        $$
        """
    )
    for event, tables in (
        ("INSERT", "NEW TABLE AS new_rows"),
        ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("DELETE", "OLD TABLE AS old_rows"),
    ):
        op.execute(
            f"CREATE TRIGGER maintain_heads_after_{event.lower()} AFTER {event} ON webhook_deliveries "
            f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION maintain_webhook_delivery_heads()"
        )
    # CREATE TRIGGER has locked the table against writes, so no delivery is missing here.
    op.execute(
        """
        INSERT INTO webhook_delivery_heads (endpoint_id, aggregate_id, position, due_at)
        SELECT DISTINCT ON (endpoint_id, aggregate_id) endpoint_id, aggregate_id, position, due_at
        FROM webhook_deliveries WHERE status = 'pending'
        ORDER BY endpoint_id, aggregate_id, position
        """
    )


def downgrade() -> None:
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER maintain_heads_after_{event} ON webhook_deliveries")
    op.execute("DROP FUNCTION maintain_webhook_delivery_heads()")
    op.drop_table("webhook_delivery_heads")
