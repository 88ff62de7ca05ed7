from dataclasses import dataclass

from application.shared.clock import Clock
from application.throttling.ports import AttemptRecords

BATCH_SIZE = 1000
"""Tallies that are forgotten in one transaction, which is short therefore."""


@dataclass(frozen=True, slots=True)
class PruneAttempts:
    """Forget the tallies of attempts that are forgiven."""

    records: AttemptRecords
    clock: Clock

    async def __call__(self) -> None:
        """Prune in portions until nothing old is left. Raise Overloaded or DatabaseUnavailable."""
        before = self.clock.now()
        while await self.records.prune(before=before, limit=BATCH_SIZE) == BATCH_SIZE:
            pass
