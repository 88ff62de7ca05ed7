from datetime import datetime

from adapters.memory.core.database import MemoryDatabase, yield_control
from adapters.memory.core.keyset import page
from application.audit.entry import AuditEntry
from application.audit.ports import AuditFilter, AuditQueries, AuditRecords
from application.audit.views import AuditEntryView
from application.shared.page import Page, Position


class MemoryAuditLog(AuditQueries, AuditRecords):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def list(
        self, criteria: AuditFilter, *, after: Position | None, limit: int
    ) -> Page[AuditEntryView]:
        await yield_control()
        return page(
            (entry for entry in self._database.tables.audit_log.values() if _matches(entry, criteria)),
            position=lambda entry: (entry.at, entry.id),
            show=AuditEntryView.of,
            descending=True,
            after=after,
            limit=limit,
        )

    async def prune(self, *, before: datetime, limit: int) -> int:
        await yield_control()
        entries = self._database.tables.audit_log
        old = sorted((entry for entry in entries.values() if entry.at < before), key=lambda entry: entry.at)
        for entry in old[:limit]:
            del entries[entry.id]
        return len(old[:limit])


def _matches(entry: AuditEntry, criteria: AuditFilter) -> bool:
    return (
        criteria.actor_id in {None, entry.actor.id}
        and criteria.action in {None, entry.action}
        and criteria.object_id in {None, entry.object_id}
        and (criteria.created_after is None or entry.at >= criteria.created_after)
        and (criteria.created_before is None or entry.at < criteria.created_before)
    )
