from dataclasses import dataclass
from datetime import timedelta

from application.audit.ports import AuditRecords
from application.shared.clock import Clock

BATCH_SIZE = 1000
"""Entries that are forgotten in one transaction, which is short therefore."""


@dataclass(frozen=True, slots=True)
class PruneAuditLog:
    """Forget the entries of the audit log that are older than they are kept. Nothing else ever removes one."""

    records: AuditRecords
    clock: Clock
    kept: timedelta

    async def __call__(self) -> None:
        """Prune in portions until nothing old is left. Raise Overloaded or DatabaseUnavailable."""
        before = self.clock.now() - self.kept
        while await self.records.prune(before=before, limit=BATCH_SIZE) == BATCH_SIZE:
            pass
