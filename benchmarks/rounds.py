"""Alternating rounds: each round measures all contenders, in a changing sequence.

If the machine becomes slower for a while, all contenders are affected alike.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import pgbench
from benchmarks.audit import Expected, audit, orders_in
from benchmarks.conformance import ensure_alike, observed
from benchmarks.contenders import BUILD, Contender
from benchmarks.cpu import CpuTime, cpu_seconds
from benchmarks.database import Server
from benchmarks.load import CONNECTIONS, WORKLOADS, Measurement, Workload, put_under_load
from benchmarks.processes import Running
from benchmarks.report import CEILING
from benchmarks.shop import Shop

WARM_UP_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a comparison: `seconds` of load per contender, workload and round."""

    contenders: Sequence[Contender]
    workloads: Sequence[Workload]
    rounds: int
    seconds: float
    ceiling: bool = True

    def of(self, contender: Contender) -> list[Workload]:
        return [workload for workload in self.workloads if workload.name in contender.workloads]


@dataclass(frozen=True, slots=True)
class Sample:
    """A measurement of one contender, with the CPU time that its servers used during the measurement."""

    contender: str
    workload: str
    measurement: Measurement
    cpu: CpuTime

    @property
    def server_us(self) -> float:
        """The CPU time of the serving processes divided by the number of responses, in microseconds."""
        return self.cpu.server / max(1, self.measurement.answered) * 1e6

    @property
    def database_us(self) -> float:
        """The CPU time of PostgreSQL divided by the number of responses, in microseconds."""
        return self.cpu.database / max(1, self.measurement.answered) * 1e6


def run_all(
    server: Server, shop: Shop, plan: Plan, *, tell: Callable[[Sample], None]
) -> Mapping[tuple[str, str], Sequence[Sample]]:
    """Measure all contenders in every round, each on a fresh copy of the shop.

    The invariants are checked on each copy.

    Raises AuditFailed and DidNotStart. If a response of a contender differs from the response of the first contender,
    Differs is raised.
    """
    data = (BUILD / "data").resolve()
    shop.write_to(data)
    found: dict[tuple[str, str], list[Sample]] = {}
    expected: dict[str, Any] = {}

    def keep(sample: Sample) -> None:
        found.setdefault((sample.contender, sample.workload), []).append(sample)
        tell(sample)

    for number in range(plan.rounds):
        turn = number % len(plan.contenders)
        for contender in (*plan.contenders[turn:], *plan.contenders[:turn]):
            with (
                server.copy(shop.template) as database,
                contender.running(server, database, shop) as running,
            ):
                answers = observed(running.url, shop)
                ensure_alike(expected.setdefault("answers", answers), answers)
                put_under_load(running.url, WORKLOADS[0], data, seconds=WARM_UP_SECONDS)
                for sample in _measure(server, database, running, contender, plan, data):
                    keep(sample)
        if plan.ceiling:
            for sample in _measure_ceiling(server, shop, plan):
                keep(sample)
    return found


def _measure(
    server: Server, database: str, running: Running, contender: Contender, plan: Plan, data: Path
) -> Iterator[Sample]:
    for workload in plan.of(contender):
        before = orders_in(server, database) if workload.places else 0
        warm_up = put_under_load(running.url, workload, data, seconds=WARM_UP_SECONDS)
        used = CpuTime.until_now(running.pid, server.pid)
        measurement = put_under_load(running.url, workload, data, seconds=plan.seconds)
        cpu = CpuTime.until_now(running.pid, server.pid).since(used)
        if workload.places:
            runs = (warm_up, measurement)
            acknowledged = sum(run.answered for run in runs)
            # wrk closes all connections when it ends, but servers still process the last requests.
            cut_off = sum(CONNECTIONS + run.lost for run in runs)
            audit(server, database, Expected(before, acknowledged, cut_off))
        yield Sample(contender.name, workload.name, measurement, cpu)


def _measure_ceiling(server: Server, shop: Shop, plan: Plan) -> Iterator[Sample]:
    with server.copy(shop.template) as database:
        pgbench.prepare(server, database, shop)
        for workload in plan.workloads:
            if workload.name == "health":
                continue
            before = orders_in(server, database)
            used = cpu_seconds(server.pid)
            measurement = pgbench.run(server, database, workload, shop, seconds=plan.seconds)
            cpu = CpuTime(server=0, database=cpu_seconds(server.pid) - used)
            if workload.places:
                audit(server, database, Expected(before, measurement.answered, pgbench.CLIENTS))
            yield Sample(CEILING, workload.name, measurement, cpu)


def medians(
    found: Mapping[tuple[str, str], Sequence[Sample]],
) -> dict[str, dict[str, dict[str, float]]]:
    """Return the medians over the rounds by contender and workload.

    There are medians of the requests per second, and of the p50 and p99 latencies in milliseconds. There are also
    medians of the CPU time per response in microseconds: of the serving processes, and of PostgreSQL.
    """
    table: dict[str, dict[str, dict[str, float]]] = {}
    for (contender, workload), samples in found.items():
        measurements = [sample.measurement for sample in samples]
        table.setdefault(contender, {})[workload] = {
            "per_second": round(median(m.per_second for m in measurements), 1),
            "p50_ms": round(median(m.p50_ms for m in measurements), 2),
            "p99_ms": round(median(m.p99_ms for m in measurements), 2),
            "server_us": round(median(sample.server_us for sample in samples), 1),
            "database_us": round(median(sample.database_us for sample in samples), 1),
            "refused": sum(m.refused for m in measurements),
        }
    return table
