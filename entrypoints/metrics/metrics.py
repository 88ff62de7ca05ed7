"""The metrics that one process records."""

from pathlib import Path

import structlog

from entrypoints.metrics import families
from entrypoints.metrics.cells import Cells
from entrypoints.metrics.instruments import Counter, Gauge, Histogram

_log = structlog.get_logger(__name__)

NO_ROUTE = "unmatched"
"""The route of a request for an unknown path, which is the client's and can have any value."""


class Metrics:
    """All instruments of a process."""

    def __init__(self, cells: Cells) -> None:
        self.close = cells.close
        self.http = HttpMetrics(cells)
        self.admission_rejections = Counter(cells, families.ADMISSION_REJECTIONS)


class HttpMetrics:
    """Duration and number of requests, and their problems."""

    def __init__(self, cells: Cells) -> None:
        self._durations = Histogram(cells, families.REQUEST_DURATION)
        self._active = Gauge(cells, families.ACTIVE_REQUESTS)
        self._problems = Counter(cells, families.PROBLEMS)

    def begin(self) -> None:
        self._active.add()

    def end(
        self, *, method: str, route: str | None, status: int, seconds: float, problem: str | None
    ) -> None:
        """Record the end of a request. `route` is the template of its path, or None if no route matched."""
        self._active.add(amount=-1)
        self._durations.observe(seconds, (method, route or NO_ROUTE, str(status)))
        if problem is not None:
            self._problems.add((problem, route or NO_ROUTE))


def create_metrics(directory: Path | None) -> Metrics:
    """Return the metrics of this process. Without a directory, no other process can read them.

    Metrics are not worth a failure: if the directory is not writable, this is logged.
    """
    if directory is None:
        return Metrics(Cells())
    try:
        return Metrics(Cells.shared(directory))
    except OSError as error:
        _log.error("the metrics of this process are not shared", error=error.strerror)
        return Metrics(Cells())
