"""Durations of calls that alternate, so that other programs on the machine delay all calls alike."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Durations:
    p50_ms: float
    p99_ms: float


async def take_turns(calls: Mapping[str, Call], *, times: int, warm_up: int = 20) -> dict[str, Durations]:
    """Run the calls alternately, each of them several times, and return the durations."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(warm_up + times):
        for name, call in calls.items():
            began = perf_counter()
            await call()
            if number >= warm_up:
                found[name].append((perf_counter() - began) * 1000)
    return {name: _durations(times) for name, times in found.items()}


def _durations(milliseconds: list[float]) -> Durations:
    cuts = quantiles(milliseconds, n=100)
    return Durations(round(cuts[49], 2), round(cuts[98], 2))
