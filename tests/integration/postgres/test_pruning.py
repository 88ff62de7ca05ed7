"""Each batch of pruning reads the oldest records from an index. The cost of a batch does not grow with the table."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.audit.audit_log import PostgresAuditRecords
from adapters.postgres.catalog.ledger import PostgresStockLedger
from adapters.postgres.core.old_records import PostgresOldRecords
from adapters.postgres.events.event_feed import PostgresEventFeed
from adapters.postgres.idempotency.records import PostgresIdempotencyRecordStore
from adapters.postgres.orders.expired_orders import PostgresExpiredOrders
from application.retention.ports import RecordKind
from tests.integration.postgres.sent import statements_of

Prune = Callable[[AsyncEngine, datetime, int], Awaitable[int]]

BATCH = 10
PRUNED: Mapping[str, tuple[Prune, str]] = {
    "audit log": (
        lambda engine, before, limit: PostgresAuditRecords(engine).prune(before=before, limit=limit),
        "ix_audit_log_at_id",
    ),
    "events": (
        lambda engine, before, limit: PostgresEventFeed(engine).prune(before=before, limit=limit),
        "ix_outbox_occurred_at",
    ),
    "expired orders": (
        lambda engine, before, limit: PostgresExpiredOrders(engine).prune(before=before, limit=limit),
        "ix_orders_status_placed_at_id",
    ),
    "idempotency records": (
        lambda engine, before, limit: PostgresIdempotencyRecordStore(engine).prune(
            before=before, limit=limit
        ),
        "ix_idempotency_keys_created_at",
    ),
    "ledger": (
        lambda engine, before, limit: PostgresStockLedger(engine).prune(before=before, limit=limit),
        "ix_stock_movements_occurred_at",
    ),
}
OLD_RECORDS = {
    RecordKind.SESSIONS: "ix_sessions_created_at",
    RecordKind.WEBHOOK_DELIVERIES: "ix_webhook_deliveries_created_at",
    RecordKind.PROVIDER_EVENTS: "ix_provider_events_received_at",
    RecordKind.SANDBOX_CHARGES: "ix_sandbox_charges_decides_at",
    RecordKind.SANDBOX_REFUNDS: "ix_sandbox_refunds_decided_at",
}


@pytest.mark.parametrize(("prune", "index"), PRUNED.values(), ids=PRUNED)
async def test_pruning_finds_the_oldest_records_with_an_index(
    engine: AsyncEngine, psql: asyncpg.Connection, prune: Prune, index: str
) -> None:
    await assert_index_is_read_in_order(engine, psql, prune, index)


@pytest.mark.parametrize(("kind", "index"), OLD_RECORDS.items())
async def test_pruning_of_each_kind_of_record_uses_an_index(
    engine: AsyncEngine, psql: asyncpg.Connection, kind: RecordKind, index: str
) -> None:
    await assert_index_is_read_in_order(
        engine,
        psql,
        lambda engine, before, limit: PostgresOldRecords(engine).prune(kind, before=before, limit=limit),
        index,
    )


async def assert_index_is_read_in_order(
    engine: AsyncEngine, psql: asyncpg.Connection, prune: Prune, index: str
) -> None:
    """Check that the batch uses an ordinary index scan. A bitmap scan would read all old entries of the index."""
    with statements_of(engine) as sent:
        await prune(engine, datetime(2026, 1, 1, tzinfo=UTC), BATCH)
    async with psql.transaction():
        for way in ("seqscan", "sort", "incremental_sort"):
            await psql.execute(f"SET LOCAL enable_{way} = off")
        plans = [await psql.fetch(f"EXPLAIN {statement}", *parameters) for statement, parameters in sent]
    lines = [line for plan in plans for (line,) in plan]
    assert any(f"using {index} on" in line for line in lines), lines
