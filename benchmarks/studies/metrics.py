"""The CPU time that the service uses to record the metrics of one request."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from entrypoints.metrics.metrics import Metrics, create_metrics

ROUNDS = 50
REQUESTS = 20_000

Spread = tuple[float, float, float]
"""Microseconds per request: minimum, median and maximum of all rounds."""


def measure() -> dict[str, Spread]:
    """Record requests in rounds.

    Each round also calls an empty function the same number of times. The duration of these calls is subtracted.
    """
    with TemporaryDirectory() as directory, closing(create_metrics(Path(directory))) as metrics:
        return {
            "a request": _spread(lambda: _record(metrics, None)),
            "a request that failed": _spread(lambda: _record(metrics, "out_of_stock")),
        }


def _spread(record: Callable[[], None]) -> Spread:
    costs = [_seconds_of(record) - _seconds_of(_nothing) for _ in range(ROUNDS)]
    microseconds = sorted(seconds / REQUESTS * 1e6 for seconds in costs)
    return microseconds[0], median(microseconds), microseconds[-1]


def _seconds_of(call: Callable[[], None]) -> float:
    began = process_time()
    for _ in range(REQUESTS):
        call()
    return process_time() - began


def _record(metrics: Metrics, problem: str | None) -> None:
    metrics.http.begin()
    metrics.http.end()
    metrics.http.record(method="GET", route="/v1/products", status=200, seconds=0.003, problem=problem)


def _nothing() -> None: ...
