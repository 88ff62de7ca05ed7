"""Measure the throughput at five times the best load, and the recovery afterwards."""

import resource
from collections.abc import Iterator
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
UNLIMITED = {"STEELYARD_RATE_LIMIT_ENABLED": "false"}


@dataclass(frozen=True, slots=True)
class Overload:
    """The results of one round in requests per second.

    `before` and `after` were measured with 64 connections, directly before and after the overload. `during` was
    measured at five times the throughput of `before`.
    """

    before: Measurement
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
        """The throughput under overload as a fraction of the best throughput.

        The best throughput is the mean of `before` and `after`, because the speed of the machine varies.
        """
        return 2 * self.during.per_second / (self.before.per_second + self.after.per_second)


def measure(
    server: Server, database: str, shop: Shop, *, seconds: float, connections: int, rounds: int
) -> Iterator[Overload]:
    """Place orders at the best rate and at five times that rate in turns, and yield the result of each round."""
    data = (BUILD / "data").resolve()
    shop.write_to(data)
    place = next(workload for workload in WORKLOADS if workload.name == "place")
    with steelyard().running(server, database, shop, extra=UNLIMITED) as running:
        put_under_load(running.url, place, data, seconds=2)
        before = put_under_load(running.url, place, data, seconds=seconds)
        for _ in range(rounds):
            generator_before = _seconds_of_ended_children()
            during = put_under_load(
                running.url,
                place,
                data,
                seconds=seconds,
                connections=connections,
                rate=TIMES * before.per_second,
                timeout=10,
            )
            generator_cores = (_seconds_of_ended_children() - generator_before) / during.seconds
            after = put_under_load(running.url, place, data, seconds=seconds)
            yield Overload(before, during, after, generator_cores)
            before = after


def _seconds_of_ended_children() -> float:
    """Return the CPU time of ended child processes. Running servers are not included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
