"""Measure whether the memory of a process stays constant over many requests."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import BUILD, steelyard
from benchmarks.cpu import descendants
from benchmarks.database import Server
from benchmarks.load import WORKLOADS, put_under_load
from benchmarks.shop import Shop

SECONDS_EACH = 5
UNLIMITED = {"STEELYARD_RATE_LIMIT_ENABLED": "false"}


@dataclass(frozen=True, slots=True)
class Sample:
    """The resident memory of the service, summed over all processes, after a number of requests."""

    requests: int
    mebibytes: float


def measure(server: Server, database: str, shop: Shop, requests: int) -> Iterator[Sample]:
    """Send at least `requests` requests, in rounds. Measure the memory before and after each round."""
    data = (BUILD / "data").resolve()
    shop.write_to(data)
    with steelyard().running(server, database, shop, extra=UNLIMITED) as running:
        sent = 0
        yield Sample(sent, _resident(running.pid))
        while sent < requests:
            for workload in WORKLOADS:
                sent += put_under_load(running.url, workload, data, seconds=SECONDS_EACH).requests
            yield Sample(sent, _resident(running.pid))


def _resident(pid: int) -> float:
    return sum(_kibibytes(process) for process in (pid, *descendants(pid))) / 1024


def _kibibytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
