"""Counters, gauges and histograms that use the cells of this process.

Locks are not needed, because only the thread of the event loop writes the cells. A call takes less than a
microsecond.
"""

from bisect import bisect_left

from entrypoints.metrics.cells import Cells
from entrypoints.metrics.families import Family


class _Instrument:
    def __init__(self, cells: Cells, family: Family) -> None:
        self._cells = cells
        self._values = cells.values
        self._family = family
        self._series: dict[tuple[str, ...], int] = {}

    def _cell_of(self, labels: tuple[str, ...]) -> int:
        """Return the first cell of a series. A new series gets new cells."""
        at = self._series.get(labels)
        if at is None:
            at = self._series[labels] = self._cells.allocate(self._family, labels)
        return at


class Counter(_Instrument):
    def add(self, labels: tuple[str, ...] = (), amount: float = 1) -> None:
        self._values[self._cell_of(labels)] += amount


class Gauge(Counter):
    def set(self, value: float, labels: tuple[str, ...] = ()) -> None:
        self._values[self._cell_of(labels)] = value


class Histogram(_Instrument):
    def __init__(self, cells: Cells, family: Family) -> None:
        super().__init__(cells, family)
        self._bounds = family.bounds
        self._sum_at = family.width - 1

    def observe(self, value: float, labels: tuple[str, ...] = ()) -> None:
        at = self._series.get(labels)
        if at is None:
            at = self._cell_of(labels)
        values = self._values
        values[at + bisect_left(self._bounds, value)] += 1
        values[at + self._sum_at] += value
