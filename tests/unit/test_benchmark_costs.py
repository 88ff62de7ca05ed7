"""The benchmark measures CPU times, formats these times as tables, and inserts the tables into the docs."""

from pathlib import Path

import pytest

from benchmarks import published
from benchmarks.cpu import CpuTime
from benchmarks.load import Measurement
from benchmarks.report import Report, markdown_table
from benchmarks.rounds import Sample, medians

ROOT = Path(__file__).parents[2]


def _sample(*, requests: int, refused: int, server: float, database: float) -> Sample:
    measurement = Measurement(
        requests=requests,
        seconds=1,
        p50_ms=1,
        p99_ms=2,
        max_ms=3,
        refused=refused,
        lost=0,
        timeouts=0,
    )
    return Sample("go", "place", measurement, CpuTime(server, database))


def _report(**medians_by_contender: dict[str, dict[str, float]]) -> Report:
    return Report(
        machine={"date": "2026-11-30 16:30 UTC", "cores": "2"},
        rounds=3,
        seconds=2,
        connections=64,
        titles={"steelyard": "Steelyard", "go": "Go"},
        pools={"steelyard": 8, "go": 4},
        medians=medians_by_contender,
    )


def _figures(server_us: float, database_us: float) -> dict[str, float]:
    return {"per_second": 1, "p50_ms": 1, "p99_ms": 1, "server_us": server_us, "database_us": database_us}


def test_cpu_cost_is_the_cpu_time_per_successful_response() -> None:
    samples = [
        _sample(requests=110, refused=10, server=0.010, database=0.002),
        _sample(requests=100, refused=0, server=0.030, database=0.004),
        _sample(requests=200, refused=0, server=0.040, database=0.006),
    ]
    found = medians({("go", "place"): samples})["go"]["place"]
    assert (found["server_us"], found["database_us"]) == (200, 30)


def test_cost_ratio_is_computed_from_the_cpu_times_of_server_plus_database() -> None:
    report = _report(steelyard={"place": _figures(300, 100)}, go={"place": _figures(300, 500)})
    assert markdown_table(report.costs()).splitlines()[2:] == [
        "| Steelyard | 300 + 100 |",
        "| Go | 300 + 500 |",
    ]
    assert markdown_table(report.cost_ratios("steelyard")).splitlines()[2:] == ["| Go | 0.50 |"]


def test_benchmark_report_omits_the_cost_table_if_cpu_times_are_missing() -> None:
    report = _report(go={"place": {"per_second": 1, "p50_ms": 1, "p99_ms": 1}})
    assert len(report.costs()) == 1
    assert [rows[0][0] for rows in report.tables()] == ["requests/s", "p50 / p99, ms"]


@pytest.mark.parametrize("page", [published.PERFORMANCE, published.README])
def test_docs_page_contains_the_markers_for_the_benchmark_tables(page: Path) -> None:
    text = (ROOT / page).read_text()
    written = published.with_content(text, "| new |")
    assert f"{published.START}\n\n| new |\n\n{published.END}" in written
    assert published.with_content(written, "| newer |").count("| new") == 1


def test_docs_page_without_the_markers_for_the_tables_is_rejected() -> None:
    with pytest.raises(ValueError, match="begin"):
        published.with_content("# Performance", "| new |")
