from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from application.checks.ports import Finding, FindingRecords, InvariantChecks
from application.shared.ports import Clock


@dataclass(frozen=True, slots=True)
class CheckShop:
    """Check every invariant and store the numbers of violations for monitoring."""

    checks: InvariantChecks
    records: FindingRecords
    clock: Clock

    async def __call__(self) -> Sequence[Finding]:
        """Return a finding for each invariant. Raises DatabaseUnavailable, Overloaded."""
        at = self.clock.now()
        findings = await self.checks.run()
        await self.records.keep(findings, at=at)
        return findings

    async def unless_checked_within(self, period: timedelta) -> Sequence[Finding]:
        """Check the shop if the last check began more than `period` ago.

        The shop is also checked if no earlier check is recorded. Returns the findings. If the check is skipped,
        returns an empty sequence.
        """
        since = self.clock.now() - period
        if any(tally.checked_at > since for tally in await self.records.latest()):
            return ()
        return await self()
