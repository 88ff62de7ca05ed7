from dataclasses import dataclass
from datetime import timedelta

from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyRecordStore

BATCH_SIZE = 1000
"""Keys that are forgotten in one transaction, which is short therefore."""


@dataclass(frozen=True, slots=True)
class PruneIdempotencyRecords:
    """Forget what requests with old idempotency keys were answered. The keys of orders stay with the orders."""

    records: IdempotencyRecordStore
    clock: Clock
    kept_for: timedelta

    async def __call__(self) -> None:
        """Prune in portions until nothing old is left. Raise Overloaded or DatabaseUnavailable."""
        before = self.clock.now() - self.kept_for
        while await self.records.prune(before=before, limit=BATCH_SIZE) == BATCH_SIZE:
            pass
