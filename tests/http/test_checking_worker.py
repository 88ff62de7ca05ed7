"""The worker's check of invariants: violations are logged and exposed as metrics."""

import json
from collections.abc import Sequence

from application.checks.ports import Finding, Invariant, InvariantChecks
from entrypoints.worker import jobs_of
from tests.kit.logs import captured_log
from tests.kit.store import memory_store
from tests.kit.web import container_over, web_shop

BROKEN = Finding(Invariant.TOTAL_OF_LINES, 1, ("0190f3c6-7d2a-7c31-9b0e-3f6a2c1d4e5f",))


class TotalsAreOff(InvariantChecks):
    async def run(self) -> Sequence[Finding]:
        return [BROKEN if each is BROKEN.invariant else Finding(each, 0, ()) for each in Invariant]


async def test_worker_logs_a_broken_invariant_only_once_per_check_interval() -> None:
    container = container_over(memory_store())
    container.database.invariant_checks.override(TotalsAreOff())
    async with web_shop(container) as web:
        [check_invariants] = [job for job in jobs_of(web.container) if job.name == "check invariants"]
        with captured_log() as log:
            for _ in range(3):
                await check_invariants()
        gauges = (await web.anonymous.get("/metrics")).text
    [line] = [json.loads(line) for line in log.getvalue().splitlines() if "invariant" in line]
    assert (line["level"], line["invariant"], line["count"]) == ("error", "I7", 1)
    assert line["offenders"] == list(BROKEN.offenders)
    assert 'steelyard_invariant_offenders{invariant="I7",name="total_of_lines"} 1.0' in gauges
    assert 'steelyard_invariant_offenders{invariant="I6",name="refunded_within_paid"} 0.0' in gauges
