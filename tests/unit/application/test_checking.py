from collections.abc import Sequence
from datetime import timedelta

from application.checks.check_shop import CheckShop
from application.checks.ports import Finding, Invariant, InvariantChecks
from tests.kit.ports import FixedClock
from tests.kit.store import memory_store

HOUR = timedelta(hours=1)


class OneOffends(InvariantChecks):
    def __init__(self) -> None:
        self.runs = 0

    async def run(self) -> Sequence[Finding]:
        self.runs += 1
        return [Finding(each, int(each is Invariant.CHANGES_ARE_RECORDED), ()) for each in Invariant]


async def test_findings_of_an_invariant_check_are_stored_with_the_time_of_the_check() -> None:
    store, clock, checks = memory_store(), FixedClock(), OneOffends()
    findings = await CheckShop(checks, store.findings, clock)()
    assert [(finding.invariant, finding.count) for finding in findings if finding.count] == [("I9", 1)]
    tallies = {tally.invariant: tally for tally in await store.findings.latest()}
    tally = tallies[Invariant.CHANGES_ARE_RECORDED]
    assert (tally.offenders, tally.checked_at) == (1, clock.now())


async def test_several_workers_together_check_the_invariants_only_once_per_interval() -> None:
    store, clock, checks = memory_store(), FixedClock(), OneOffends()
    workers = [CheckShop(checks, store.findings, clock) for _ in range(3)]
    for worker in workers:
        await worker.unless_checked_within(HOUR)
    assert checks.runs == 1
    clock.advance(HOUR)
    assert len(await workers[1].unless_checked_within(HOUR)) == len(Invariant)
    assert checks.runs == 2
