"""Measurements of the shop's data in the database. A worker repeats these measurements periodically."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.checks.ports import FindingRecords
from application.monitoring.ports import Backlogs, Queue
from application.shared.ports import Clock
from entrypoints.metrics.metrics import ShopMetrics


@dataclass(frozen=True, slots=True)
class MeasureShop:
    """Record the state of the shop's data as metrics.

    The metrics are the backlogs, the lags of publishers, the numbers of webhook endpoints, and the result of
    the last check of the invariants.
    """

    backlogs: Backlogs
    findings: FindingRecords
    clock: Clock
    metrics: ShopMetrics
    publishers: Sequence[str]

    async def __call__(self) -> None:
        """Measure once. Raises Overloaded, DatabaseUnavailable."""
        for queue in Queue:
            self.metrics.set_backlog(queue, await self.backlogs.of(queue, now=self.clock.now()))
        for publisher in self.publishers:
            lag = await self.backlogs.relay_lag(publisher, now=self.clock.now())
            self.metrics.set_relay_lag(publisher, lag)
        self.metrics.set_endpoints(await self.backlogs.endpoints())
        for tally in await self.findings.latest():
            self.metrics.set_tally(tally)
