"""The load: wrk, with many connections, each of which sends its next request when the last one is answered or later."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

SCRIPT = Path(__file__).parent / "wrk" / "shop.lua"
CONNECTIONS = 64
THREADS = 1
"""One is enough to load two cores, and the other side of the comparison needs them."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What wrk has seen. `refused` had a status of 400 or more, `lost` no answer, and the latencies are of all."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refused: int
    lost: int
    timeouts: int

    @property
    def answered(self) -> int:
        return self.requests - self.refused

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds


@dataclass(frozen=True, slots=True)
class Workload:
    """`name` is that of the script's function; `places` tells that each answer stands for a new order."""

    name: str
    title: str
    places: bool = False


WORKLOADS = (
    Workload("product", "product by id"),
    Workload("page", "page of 20 products"),
    Workload("order", "order by id"),
    Workload("place", "place an order of 2 lines", places=True),
    Workload("hot", "place on one hot product", places=True),
    Workload("health", "health answer"),
)


def put_under_load(
    url: str,
    workload: Workload,
    data: Path,
    *,
    seconds: float,
    connections: int = CONNECTIONS,
    threads: int = THREADS,
    rate: float = 0,
    timeout: float = 5,
) -> Measurement:
    """Load a server for some seconds. Raises CalledProcessError when wrk cannot run.

    With a `rate`, so many requests a second are begun, however long answers take, while connections are free. Without
    one, each connection asks again as soon as it is answered.
    """
    command = [
        "wrk",
        f"--threads={threads}",
        f"--connections={connections}",
        f"--duration={max(1, round(seconds))}s",
        f"--timeout={timeout:g}s",
        f"--script={SCRIPT}",
        url,
        "--",
        workload.name,
        str(data),
        uuid4().hex[:12],
        str(rate),
    ]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words
    return Measurement(**json.loads(output.strip().splitlines()[-1]))
