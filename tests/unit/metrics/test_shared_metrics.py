"""The metrics of several processes are merged, including the counters of ended processes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import pytest

from application.monitoring.ports import RelayLag
from entrypoints.metrics import cells as cells_module
from entrypoints.metrics.cells import Cells
from entrypoints.metrics.families import (
    ACTIVE_REQUESTS,
    JOB_SUCCESS,
    PROBLEMS,
    RELAY_EVENTS,
    REQUEST_DURATION,
)
from entrypoints.metrics.instruments import Counter
from entrypoints.metrics.metrics import Metrics, create_metrics
from tests.kit.metrics import MetricsReader

Process = Callable[[], Metrics]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """A function that returns the metrics of a new process."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(create_metrics(tmp_path)))


def served(metrics: Metrics, *, seconds: float = 0.02, status: int = 200) -> None:
    metrics.http.begin()
    metrics.http.end()
    metrics.http.record(method="GET", route="/v1/products", status=status, seconds=seconds, problem=None)


LABELS = {
    "http_request_method": "GET",
    "http_route": "/v1/products",
    "http_response_status_code": "200",
}


def test_histogram_adds_up_the_values_of_two_processes(process: Process, tmp_path: Path) -> None:
    first, second = process(), process()
    served(first, seconds=0.02)
    served(first, seconds=20)
    served(second, seconds=0.025)

    reader = MetricsReader(tmp_path)
    buckets = {
        bound: reader.value(f"{REQUEST_DURATION.name}_bucket", le=bound, **LABELS)
        for bound in ("0.01", "0.025", "10.0", "+Inf")
    }
    assert buckets == {"0.01": 0, "0.025": 2, "10.0": 2, "+Inf": 3}
    assert reader.value(f"{REQUEST_DURATION.name}_count", **LABELS) == 3
    assert reader.value(f"{REQUEST_DURATION.name}_sum", **LABELS) == pytest.approx(20.045)


def test_totals_still_include_the_counters_of_an_ended_process(process: Process, tmp_path: Path) -> None:
    reader = MetricsReader(tmp_path)
    ended, running = process(), process()
    served(ended)
    served(running)
    ended.http.begin()
    running.http.begin()
    assert reader.value(ACTIVE_REQUESTS.name) == 2

    ended.close()

    for _ in range(2):
        assert reader.value(f"{REQUEST_DURATION.name}_count", **LABELS) == 2
        assert reader.value(ACTIVE_REQUESTS.name) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_metric_families_written_by_another_release_are_skipped(tmp_path: Path) -> None:
    cells = Cells.shared(tmp_path)
    metrics = Metrics(cells)
    for unknown in (
        replace(JOB_SUCCESS, name="steelyard_of_the_next_release"),
        replace(REQUEST_DURATION, name="steelyard_of_the_next_release_seconds"),
        replace(JOB_SUCCESS, labels=(*JOB_SUCCESS.labels, "added")),
    ):
        cells.allocate(unknown, tuple(f"any {label}" for label in unknown.labels))
        metrics.job_successes.set(1000, (unknown.name,))

    reader = MetricsReader(tmp_path)
    for job in ("steelyard_of_the_next_release", "steelyard_of_the_next_release_seconds", JOB_SUCCESS.name):
        assert reader.value(JOB_SUCCESS.name, job_name=job) == 1000
    metrics.close()


def test_shared_gauge_has_the_maximum_value_of_all_processes(process: Process, tmp_path: Path) -> None:
    for metrics, lag in ((process(), 2), (process(), 5)):
        metrics.shop.set_relay_lag("webhooks", RelayLag(lag, timedelta(seconds=lag)))
        metrics.job_successes.set(1000 + lag, ("send",))

    reader = MetricsReader(tmp_path)
    assert reader.value(RELAY_EVENTS.name, publisher="webhooks") == 5
    assert reader.value(JOB_SUCCESS.name, job_name="send") == 1005


def test_requests_without_a_route_are_counted_under_one_label_value(process: Process, tmp_path: Path) -> None:
    metrics = process()
    for _ in range(2):
        metrics.http.begin()
        metrics.http.end()
        metrics.http.record(method="GET", route=None, status=404, seconds=0.001, problem="route_not_found")

    assert MetricsReader(tmp_path).value(PROBLEMS.name, code="route_not_found", http_route="unmatched") == 2


def test_incomplete_line_of_a_metrics_file_is_ignored(process: Process, tmp_path: Path) -> None:
    metrics = process()
    served(metrics)
    [file] = tmp_path.iterdir()
    with file.open("ab") as opened:
        opened.write(b'["http_server_request_dur')

    assert MetricsReader(tmp_path).value(f"{REQUEST_DURATION.name}_count", **LABELS) == 1


def test_requests_succeed_although_the_metrics_directory_is_missing(tmp_path: Path) -> None:
    served(create_metrics(tmp_path / "missing"))

    assert MetricsReader(tmp_path).value(f"{REQUEST_DURATION.name}_count", **LABELS) is None


def test_requests_succeed_while_the_file_system_for_metrics_is_full(tmp_path: Path) -> None:
    former, hard = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (cells_module.SIZE // 2, hard))
    try:
        metrics = create_metrics(tmp_path)
    finally:
        setrlimit(RLIMIT_FSIZE, (former, hard))
    served(metrics)

    assert list(tmp_path.iterdir()) == []


def test_full_metrics_file_keeps_existing_series_and_drops_new_series(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cells_module, "SIZE", 4096)
    with closing(Cells.shared(tmp_path)) as cells:
        counter = Counter(cells, PROBLEMS)
        for number in range(1000):
            counter.add((f"code {number}", "/"))

        reader = MetricsReader(tmp_path)
        assert reader.value(PROBLEMS.name, code="code 0", http_route="/") == 1
        assert reader.value(PROBLEMS.name, code="code 999", http_route="/") is None
