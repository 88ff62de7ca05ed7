"""A worker measures the shop in the database and records the results as metrics."""

from pathlib import Path

from application.checks.ports import Finding, Invariant
from entrypoints.worker import jobs_of
from tests.kit.examples import NOW
from tests.kit.metrics import MetricsReader
from tests.kit.store import memory_store
from tests.kit.web import container_over, web_shop


async def test_worker_measures_backlogs_relay_lags_and_invariants(tmp_path: Path) -> None:
    container = container_over(memory_store(), metrics_dir=tmp_path)
    async with web_shop(container) as web:
        await web.product()
        await container.database.finding_records().keep([Finding(Invariant.TOTAL_OF_LINES, 2, ())], at=NOW)
        [measure] = [job for job in jobs_of(container) if job.name == "measure the shop"]
        await measure()
        metrics = MetricsReader(tmp_path)
        waiting = {
            age: metrics.value("steelyard_backlog_items", queue="unpublished_events", min_age_seconds=age)
            for age in ("0", "60", "600", "3600")
        }
        # Creating a product with stock records an event about the product and an event about the stock.
        assert waiting == {"0": 2, "60": 0, "600": 0, "3600": 0}
        assert metrics.value("steelyard_backlog_oldest_seconds", queue="mail") == 0

        await container.database.event_feed().publish_new(limit=10)
        await measure()
        assert metrics.value("steelyard_relay_lag_events", publisher="webhooks") == 2
        assert metrics.value("steelyard_webhook_endpoints", state="failing") == 0
        invariant = {"invariant": "I7", "name": "total_of_lines"}
        assert metrics.value("steelyard_invariant_offenders", **invariant) == 2
        assert metrics.value("steelyard_invariant_checked_timestamp_seconds", **invariant) == NOW.timestamp()


async def test_relay_lag_is_measured_only_for_configured_publishers(tmp_path: Path) -> None:
    container = container_over(memory_store(), metrics_dir=tmp_path)
    async with web_shop(container):
        [measure] = [job for job in jobs_of(container) if job.name == "measure the shop"]
        await measure()

        assert MetricsReader(tmp_path).value("steelyard_relay_lag_events", publisher="nats") is None
