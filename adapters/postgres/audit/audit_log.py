"""The audit log. An entry is committed together with the action that it records."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import AuditEntryRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from application.audit.entry import AuditEntry
from application.audit.ports import AuditRecords

_ENTRIES = UnnestedRows("given_entries", columns_of(AuditEntryRow))
INSERT = _ENTRIES.insert_into(AuditEntryRow)
_OLDEST = (
    select(AuditEntryRow.id)
    .where(AuditEntryRow.at < bindparam("before"))
    .order_by(AuditEntryRow.at, AuditEntryRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
# Without this setting, the trigger of migration 0014 rejects every deletion. The setting ends with
# the transaction.
_ALLOW_PRUNING = text("SELECT set_config('steelyard.prunes_audit_log', 'on', true)")
_PRUNE = delete(AuditEntryRow).where(AuditEntryRow.id.in_(_OLDEST))


def parameters(entries: Sequence[AuditEntry]) -> dict[str, list[object]]:
    return _ENTRIES.parameters(map(_values, entries))


async def write_audit_log(transaction: Transaction, entries: Sequence[AuditEntry]) -> None:
    """Write any number of entries in one statement."""
    if entries:
        await transaction.execute(INSERT, parameters(entries))


class PostgresAuditRecords(AuditRecords):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def prune(self, *, before: datetime, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(_ALLOW_PRUNING)
                return (await connection.execute(_PRUNE, {"before": before, "limit": limit})).rowcount


def _values(entry: AuditEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": entry.at,
        "actor_id": entry.actor.id,
        "request_id": entry.actor.request_id,
        "action": entry.action,
        "object_id": entry.object_id,
        "details": json.dumps(entry.details),
    }
