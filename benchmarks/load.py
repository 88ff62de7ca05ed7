"""Load by wrk: many connections, each with one outstanding request."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

SCRIPT = Path(__file__).parent / "wrk" / "shop.lua"
CONNECTIONS = 64
THREADS = 1
"""One thread of wrk is enough to load two cores. More threads would take CPU time from the servers."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The results of wrk.

    `refused` counts responses with a status of 400 or higher. `lost` counts requests without a response. The
    latencies are those of all responses, including refused requests.
    """

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
    """A workload. `name` is the name of the function in wrk's script.

    `places` is true if each successful request creates an order.
    """

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
    """Send requests to a server for some seconds. Raises CalledProcessError if wrk fails.

    With a `rate`, wrk starts `rate` requests per second, also while earlier requests have no response yet. Each
    running request needs a connection, so `connections` must be large enough.

    If `rate` is 0, each connection sends its next request as soon as the last response has arrived.
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
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - the arguments are constants
    return Measurement(**json.loads(output.strip().splitlines()[-1]))
