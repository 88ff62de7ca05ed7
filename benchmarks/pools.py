"""The search for the pool size with which a contender places the most orders per second."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.contenders import Contender
from benchmarks.database import Server
from benchmarks.load import WORKLOADS
from benchmarks.rounds import Plan, Sample, run_all
from benchmarks.shop import Shop

SECONDS = 1
"""The number of seconds of load for each pool size.

A short load can select a pool that is slightly too small or too large. Such a pool has nearly the best throughput.
"""


def with_best_pools(
    server: Server,
    shop: Shop,
    contenders: Sequence[Contender],
    sizes: Sequence[int],
    *,
    tell: Callable[[Sample], None],
) -> Sequence[Contender]:
    """Return each contender with the pool size that places the most orders per second. Raises the errors of run_all."""
    place = [workload for workload in WORKLOADS if workload.name == "place"]
    found: list[Contender] = []
    for contender in contenders:
        sized = {f"{contender.name}, {size}": contender.sized(size) for size in sizes}
        plan = Plan(
            [replace(one, name=name) for name, one in sized.items()], place, 1, SECONDS, ceiling=False
        )
        samples = run_all(server, shop, plan, tell=tell)
        best = max(sized, key=lambda name: samples[name, "place"][0].measurement.per_second)
        found.append(sized[best])
    return found
