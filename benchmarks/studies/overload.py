"""What happens at five times the load that the service can bear, and how soon it is over."""

from dataclasses import dataclass

from benchmarks.contenders import BUILD, steelyard
from benchmarks.database import Server
from benchmarks.load import WORKLOADS, Measurement, put_under_load
from benchmarks.shop import Shop

TIMES = 5
CROWD = 3000
"""Connections of the overload: more than there are requests at any time, so that what is offered does not depend on how
soon answers come."""
RECOVERY_SECONDS = 5
UNLIMITED = {"STEELYARD_RATE_LIMIT_ENABLED": "false"}


@dataclass(frozen=True, slots=True)
class Overload:
    """`best` is with 64 connections, `during` when five times as much is offered, `after` right afterwards."""

    best: Measurement
    during: Measurement
    after: Measurement

    @property
    def offered_per_second(self) -> float:
        return self.during.requests / self.during.seconds

    @property
    def kept(self) -> float:
        """The share of the best throughput that is left under overload."""
        return self.during.per_second / self.best.per_second


def measure(server: Server, database: str, shop: Shop, *, seconds: float, crowd: int) -> Overload:
    """Place orders: as many as possible, five times as many, and as many as possible again."""
    data = (BUILD / "data").resolve()
    shop.write_to(data)
    place = next(workload for workload in WORKLOADS if workload.name == "place")
    with steelyard().running(server, database, shop, extra=UNLIMITED) as running:
        put_under_load(running.url, place, data, seconds=2)
        best = put_under_load(running.url, place, data, seconds=seconds)
        during = put_under_load(
            running.url,
            place,
            data,
            seconds=seconds,
            connections=crowd,
            rate=TIMES * best.per_second,
            timeout=10,
        )
        after = put_under_load(running.url, place, data, seconds=RECOVERY_SECONDS)
    return Overload(best, during, after)
