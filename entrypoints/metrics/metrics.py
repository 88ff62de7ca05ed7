"""The metrics that one process records."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from application.checks.ports import Tally
from application.monitoring.ports import AGES, Backlog, EndpointState, Queue, RelayLag
from entrypoints.metrics import families
from entrypoints.metrics.cells import Cells
from entrypoints.metrics.instruments import Counter, Gauge, Histogram

_log = structlog.get_logger(__name__)

NO_ROUTE = "unmatched"
"""The value of the label for the route if a request has an unknown path.

The path itself is not used, because the client can choose any path.
"""


class Metrics:
    """All instruments of a process."""

    def __init__(self, cells: Cells) -> None:
        self.close = cells.close
        self.http = HttpMetrics(cells)
        self.admission_rejections = Counter(cells, families.ADMISSION_REJECTIONS)
        self.admitted = Gauge(cells, families.ADMITTED_REQUESTS)
        self.admission_capacity = Gauge(cells, families.ADMISSION_CAPACITY)
        self.queues = QueueMetrics(cells)
        self.pools = PoolMetrics(cells)
        self.hashing = Gauge(cells, families.HASHING)
        self.job_successes = Gauge(cells, families.JOB_SUCCESS)
        self.job_intervals = Gauge(cells, families.JOB_INTERVAL)
        self.shop = ShopMetrics(cells)
        self.build = Gauge(cells, families.BUILD)


class HttpMetrics:
    """Metrics of HTTP requests: durations, running requests, and responses with a problem code."""

    def __init__(self, cells: Cells) -> None:
        self._durations = Histogram(cells, families.REQUEST_DURATION)
        self._active = Gauge(cells, families.ACTIVE_REQUESTS)
        self._problems = Counter(cells, families.PROBLEMS)

    def begin(self) -> None:
        self._active.add()

    def end(self) -> None:
        self._active.add(amount=-1)

    def record(
        self, *, method: str, route: str | None, status: int, seconds: float, problem: str | None
    ) -> None:
        """Record a response. `route` is the template of the route's path, or None if no route matched."""
        self._durations.observe(seconds, (method, route or NO_ROUTE, str(status)))
        if problem is not None:
            self._problems.add((problem, route or NO_ROUTE))


class QueueMetrics:
    """The queues of orders.

    `orders` is the normal queue, and `locked orders` is the queue of orders that wait for a locked row.
    """

    ORDERS = ("orders",)
    LOCKED_ORDERS = ("locked orders",)

    def __init__(self, cells: Cells) -> None:
        self._sizes = Histogram(cells, families.BATCH_SIZE)
        self._waits = Histogram(cells, families.QUEUE_WAIT)
        self.lengths = Gauge(cells, families.QUEUE_LENGTH)

    def observe_orders(self, waits: Sequence[float]) -> None:
        self._observe(waits, self.ORDERS)

    def observe_locked_orders(self, waits: Sequence[float]) -> None:
        self._observe(waits, self.LOCKED_ORDERS)

    def _observe(self, waits: Sequence[float], queue: tuple[str, ...]) -> None:
        self._sizes.observe(len(waits), queue)
        for wait in waits:
            self._waits.observe(wait, queue)


class PoolMetrics:
    """Metrics of the two pools of database connections: `main`, and `public reads` for the catalog."""

    MAIN = "main"
    PUBLIC_READS = "public reads"

    def __init__(self, cells: Cells) -> None:
        self._waits = Histogram(cells, families.POOL_WAIT)
        self._connections = Gauge(cells, families.POOL_CONNECTIONS)
        self._limits = Gauge(cells, families.POOL_MAX)

    def observe_main(self, seconds: float) -> None:
        self._waits.observe(seconds, (self.MAIN,))

    def observe_public_reads(self, seconds: float) -> None:
        self._waits.observe(seconds, (self.PUBLIC_READS,))

    def set(self, pool: str, *, used: int, idle: int, limit: int) -> None:
        self._connections.set(used, (pool, "used"))
        self._connections.set(idle, (pool, "idle"))
        self._limits.set(limit, (pool,))


class ShopMetrics:
    """The state of the shop in the database, as a worker measures it."""

    def __init__(self, cells: Cells) -> None:
        self._items = Gauge(cells, families.BACKLOG_ITEMS)
        self._ages = Gauge(cells, families.BACKLOG_AGE)
        self._lag_events = Gauge(cells, families.RELAY_EVENTS)
        self._lag_ages = Gauge(cells, families.RELAY_AGE)
        self._endpoints = Gauge(cells, families.ENDPOINTS)
        self._offenders = Gauge(cells, families.INVARIANT_OFFENDERS)
        self._checked = Gauge(cells, families.INVARIANT_CHECKED)

    def set_backlog(self, queue: Queue, backlog: Backlog) -> None:
        for age, count in zip(AGES, backlog.counts, strict=True):
            self._items.set(count, (queue.value, f"{age.total_seconds():g}"))
        self._ages.set(backlog.oldest.total_seconds(), (queue.value,))

    def set_relay_lag(self, publisher: str, lag: RelayLag) -> None:
        self._lag_events.set(lag.events, (publisher,))
        self._lag_ages.set(lag.age.total_seconds(), (publisher,))

    def set_endpoints(self, endpoints: Mapping[EndpointState, int]) -> None:
        for state, number in endpoints.items():
            self._endpoints.set(number, (state.value,))

    def set_tally(self, tally: Tally) -> None:
        labels = (tally.invariant.value, tally.invariant.name.lower())
        self._offenders.set(tally.offenders, labels)
        self._checked.set(tally.checked_at.timestamp(), labels)


def create_metrics(directory: Path | None) -> Metrics:
    """Return the metrics of this process.

    Without a directory, no other process can read the metrics. If the directory is not writable, an error is
    logged, and the service runs without shared metrics.
    """
    if directory is None:
        return Metrics(Cells())
    try:
        return Metrics(Cells.shared(directory))
    except OSError as error:
        _log.error("the metrics of this process are not shared", error=error.strerror)
        return Metrics(Cells())
