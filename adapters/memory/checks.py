from collections.abc import Sequence
from datetime import datetime

from adapters.memory.core.database import MemoryDatabase, yield_control
from application.checks.ports import Finding, FindingRecords, Invariant, Tally


class MemoryFindingRecords(FindingRecords):
    def __init__(self, database: MemoryDatabase) -> None:
        self._tallies = database.tallies

    async def keep(self, findings: Sequence[Finding], *, at: datetime) -> None:
        await yield_control()
        for finding in findings:
            known = self._tallies.get(finding.invariant)
            if known is None or known.checked_at <= at:
                self._tallies[finding.invariant] = Tally(finding.invariant, finding.count, at)

    async def latest(self) -> Sequence[Tally]:
        await yield_control()
        return [self._tallies[invariant] for invariant in Invariant if invariant in self._tallies]
