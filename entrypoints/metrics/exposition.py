"""The metrics of all processes of a service, in the formats of Prometheus."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from threading import Lock

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from entrypoints.metrics.cells import SUFFIX, Series, read_cells
from entrypoints.metrics.families import FAMILIES, Family, Kind

Totals = dict[tuple[Family, tuple[str, ...]], tuple[float, ...]]

_OF_RUNNING_PROCESSES = {Kind.SUMMED_GAUGE, Kind.SHARED_GAUGE}


class ServiceMetrics(Collector):
    """A collector that merges the cells of all processes that share a directory.

    When a process ends, this collector keeps the process's numbers and removes the process's file. Counters therefore
    never decrease.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ended: Totals = {}
        self._lock = Lock()
        """The lock protects the totals, because each request collects in a separate thread."""

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            totals = self._totals()
        for family in FAMILIES:
            yield _metric(family, totals)

    def describe(self) -> Iterable[Metric]:
        """Return the families without samples.

        The registry calls this method when the collector is registered. Without this method, the registry would call
        `collect`, which reads files.
        """
        return [_metric(family, {}) for family in FAMILIES]

    def _totals(self) -> Totals:
        running: list[Series] = []
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            process = read_cells(path)
            if process.is_running:
                running += process.series
            else:
                _add(self._ended, (s for s in process.series if s.family.kind not in _OF_RUNNING_PROCESSES))
                path.unlink()
        totals = dict(self._ended)
        _add(totals, running)
        return totals


def _add(totals: Totals, added: Iterable[Series]) -> None:
    for series in added:
        key = (series.family, series.labels)
        former = totals.get(key)
        totals[key] = (
            series.values if former is None else tuple(_merged(series.family, former, series.values))
        )


def _merged(family: Family, former: tuple[float, ...], added: tuple[float, ...]) -> Iterator[float]:
    if family.kind in {Kind.SHARED_GAUGE, Kind.TIMESTAMP}:
        return map(max, former, added)
    return map(sum, zip(former, added, strict=True))


def _metric(family: Family, totals: Totals) -> Metric:
    series = [(labels, values) for (of, labels), values in totals.items() if of is family]
    if family.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(family.name, family.meaning, labels=family.labels)
        bounds = [*(str(float(bound)) for bound in family.bounds), "+Inf"]
        for labels, (*buckets, total) in series:
            histogram.add_metric(labels, list(zip(bounds, accumulate(buckets), strict=True)), total)
        return histogram
    metric: CounterMetricFamily | GaugeMetricFamily = (
        CounterMetricFamily(family.name, family.meaning, labels=family.labels)
        if family.kind is Kind.COUNTER
        else GaugeMetricFamily(family.name, family.meaning, labels=family.labels)
    )
    for labels, [value] in series:
        metric.add_metric(labels, value)
    return metric
