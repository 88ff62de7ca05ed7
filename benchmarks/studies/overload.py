"""Measure the throughput at five times the best load, and the recovery afterwards."""

import resource
from dataclasses import dataclass

from benchmarks.contenders import BUILD, steelyard
from benchmarks.database import Server
from benchmarks.load import WORKLOADS, Measurement, put_under_load
from benchmarks.shop import Shop

TIMES = 5
CONNECTIONS = 3000
"""The number of connections of the overload.

With so many connections, an idle connection is always available, so new requests never wait for earlier responses.
"""
RECOVERY_SECONDS = 5
UNLIMITED = {"STEELYARD_RATE_LIMIT_ENABLED": "false"}


@dataclass(frozen=True, slots=True)
class Overload:
    """The results in requests per second.

    `best` was measured with 64 connections before the overload. `during` was measured at five times the throughput of
    `best`. `after` was measured directly after the overload.
    """

    best: Measurement
    during: Measurement
    after: Measurement
    generator_cores: float
    """The CPU time of the load generator during the overload, in cores.

    The generator runs on the same cores as the service. During the overload, the generator needs far more CPU time
    than before.
    """

    @property
    def offered_per_second(self) -> float:
        return self.during.requests / self.during.seconds

    @property
    def fraction_of_best(self) -> float:
        """The throughput under overload as a fraction of the best throughput."""
        return self.during.per_second / self.best.per_second


def measure(server: Server, database: str, shop: Shop, *, seconds: float, connections: int) -> Overload:
    """Place orders at the best rate, at five times that rate, and at the best rate again."""
    data = (BUILD / "data").resolve()
    shop.write_to(data)
    place = next(workload for workload in WORKLOADS if workload.name == "place")
    with steelyard().running(server, database, shop, extra=UNLIMITED) as running:
        put_under_load(running.url, place, data, seconds=2)
        best = put_under_load(running.url, place, data, seconds=seconds)
        generator_before = _seconds_of_ended_children()
        during = put_under_load(
            running.url,
            place,
            data,
            seconds=seconds,
            connections=connections,
            rate=TIMES * best.per_second,
            timeout=10,
        )
        generator_cores = (_seconds_of_ended_children() - generator_before) / during.seconds
        after = put_under_load(running.url, place, data, seconds=RECOVERY_SECONDS)
    return Overload(best, during, after, generator_cores)


def _seconds_of_ended_children() -> float:
    """Return the CPU time of ended child processes. Running servers are not included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
