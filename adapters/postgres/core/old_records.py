"""Deletion of old records to which no other record refers."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Delete, bindparam, delete, inspect, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import (
    ProviderEventRow,
    SandboxChargeRow,
    SandboxRefundRow,
    SessionRow,
    WebhookDeliveryRow,
)
from adapters.postgres.core.schema import Row
from application.retention.ports import OldRecords, RecordKind
from domain.webhooks.delivery import DeliveryStatus

_BEFORE: BindParameter[datetime] = bindparam("before")


def _deletion(
    row: type[Row], age: InstrumentedAttribute[datetime], *conditions: ColumnElement[bool]
) -> Delete:
    """Return a statement that deletes the oldest rows.

    The statement sorts the rows by age, so that PostgreSQL stops reading the index on the age when it has
    found enough rows. The statement skips locked rows, so it cannot cause a deadlock.
    """
    key = inspect(row).primary_key
    old = (
        select(*key)
        .where(age < _BEFORE, *conditions)
        .order_by(age)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return delete(row).where(tuple_(*key).in_(old))


_DELETIONS: Mapping[RecordKind, Delete] = {
    RecordKind.SESSIONS: _deletion(SessionRow, SessionRow.created_at),
    RecordKind.WEBHOOK_DELIVERIES: _deletion(
        WebhookDeliveryRow,
        WebhookDeliveryRow.created_at,
        # The status is a literal. With a bound value, PostgreSQL does not use the partial index.
        WebhookDeliveryRow.status != bindparam("pending", DeliveryStatus.PENDING, literal_execute=True),
    ),
    RecordKind.PROVIDER_EVENTS: _deletion(ProviderEventRow, ProviderEventRow.received_at),
    RecordKind.SANDBOX_CHARGES: _deletion(SandboxChargeRow, SandboxChargeRow.decides_at),
    RecordKind.SANDBOX_REFUNDS: _deletion(SandboxRefundRow, SandboxRefundRow.decided_at),
}


class PostgresOldRecords(OldRecords):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def prune(self, kind: RecordKind, *, before: datetime, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                deleted = await connection.execute(_DELETIONS[kind], {"before": before, "limit": limit})
                return deleted.rowcount
