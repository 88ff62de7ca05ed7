from collections.abc import Iterable, MutableMapping
from datetime import datetime
from typing import Any

from adapters.memory.core.database import MemoryDatabase, yield_control
from adapters.memory.sandbox import MemorySandboxStore
from application.retention.ports import OldRecords, RecordKind
from domain.webhooks.delivery import DeliveryStatus


class MemoryOldRecords(OldRecords):
    def __init__(self, database: MemoryDatabase, sandbox: MemorySandboxStore) -> None:
        self._database = database
        self._sandbox = sandbox

    async def prune(self, kind: RecordKind, *, before: datetime, limit: int) -> int:
        await yield_control()
        tables = self._database.tables
        match kind:
            case RecordKind.SESSIONS:
                old = (key for key, session in tables.sessions.items() if session.created_at < before)
                return _delete(old, limit, tables.sessions)
            case RecordKind.WEBHOOK_DELIVERIES:
                decided = (
                    key
                    for key, delivery in tables.webhook_deliveries.items()
                    if delivery.created_at < before and delivery.status is not DeliveryStatus.PENDING
                )
                return _delete(decided, limit, tables.webhook_deliveries)
            case RecordKind.PROVIDER_EVENTS:
                received = tables.provider_events_received_at
                keys = (key for key, at in received.items() if at < before)
                return _delete(keys, limit, tables.provider_events, received)
            case RecordKind.SANDBOX_CHARGES:
                return self._sandbox.prune_charges(before=before, limit=limit)
            case RecordKind.SANDBOX_REFUNDS:
                return self._sandbox.prune_refunds(before=before, limit=limit)


def _delete(keys: Iterable[Any], limit: int, *tables: MutableMapping[Any, Any]) -> int:
    chosen = list(keys)[:limit]
    for table in tables:
        for key in chosen:
            del table[key]
    return len(chosen)
