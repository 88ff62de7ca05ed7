"""PostgreSQL prevents changes of the audit log, and uses indexes to read the log."""

from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.audit.queries import PostgresAuditQueries
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from application.audit.entry import AuditAction
from application.audit.ports import AuditFilter
from application.orders.place_order_batch import PlaceOrderBatch
from domain.shared.ids import UserId
from tests.integration.postgres.sent import statements_of
from tests.integration.postgres.test_indexes import ID, THEN, plan_of
from tests.kit.auditing import audit_log
from tests.kit.shop import HOLD, Shop


@pytest.mark.parametrize(
    "change",
    ["UPDATE audit_log SET request_id = 'forged'", "DELETE FROM audit_log", "TRUNCATE audit_log"],
)
async def test_audit_entry_cannot_be_changed_or_deleted(
    shop: Shop, psql: asyncpg.Connection, change: str
) -> None:
    await shop.customer()
    before = await audit_log(shop)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await psql.execute(change)
    assert before == await audit_log(shop) != []


async def test_audit_log_pruning_uses_an_index_and_enables_the_audit_trigger_again(
    shop: Shop, psql: asyncpg.Connection
) -> None:
    await shop.customer()
    assert await shop.store.audit_records.prune(before=datetime.max.replace(tzinfo=UTC), limit=9) == 1
    await shop.customer()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await psql.execute("DELETE FROM audit_log")


@pytest.mark.parametrize(
    ("criteria", "index"),
    [
        (AuditFilter(), "ix_audit_log_at_id"),
        (AuditFilter(created_after=THEN), "ix_audit_log_at_id"),
        (AuditFilter(actor_id=UserId(ID)), "ix_audit_log_actor_id_at_id"),
        (AuditFilter(action=AuditAction.USER_DISABLED), "ix_audit_log_action_at_id"),
        (AuditFilter(object_id="kid-1"), "ix_audit_log_object_id_at_id"),
    ],
)
async def test_audit_log_query_reads_an_index_in_descending_sequence(
    engine: AsyncEngine, psql: asyncpg.Connection, criteria: AuditFilter, index: str
) -> None:
    entries = PostgresAuditQueries(AutocommitReader(engine))
    plan = await plan_of(engine, psql, lambda: entries.list(criteria, after=(THEN, ID), limit=10))
    assert f"Backward using {index}" in plan


async def test_order_placement_executes_no_sql_statement_for_the_audit_log(
    shop: Shop, engine: AsyncEngine, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    """Placing orders is the most frequent action, and each order has a history instead of audit entries."""
    mug, ann = await shop.product(stock=2), await shop.customer()
    before = await audit_log(shop)
    with statements_of(engine) as sent:
        await PlaceOrderBatch(unit_of_work, shop.clock, shop.ids, HOLD)(
            [shop.commands.place_order((mug, 1), customer=ann)]
        )
    assert not [statement for statement, _ in sent if "audit_log" in statement]
    assert await audit_log(shop) == before
