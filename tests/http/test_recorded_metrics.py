"""Requests update the metrics."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from entrypoints.job_health import JobHealth
from entrypoints.lifespan import running
from entrypoints.metrics.families import FAMILIES
from entrypoints.metrics.sampling import GaugeSampler, sample_queues
from tests.kit.metrics import MetricsReader
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, key, order_body, web_shop


@pytest.fixture
async def measured(tmp_path: Path) -> AsyncIterator[WebShop]:
    async with web_shop(container_over(memory_store(), metrics_dir=tmp_path, rate_limit_enabled=True)) as web:
        yield web


@pytest.fixture
def metrics(tmp_path: Path) -> MetricsReader:
    return MetricsReader(tmp_path)


async def test_requests_are_counted_by_route_template(measured: WebShop, metrics: MetricsReader) -> None:
    product = await measured.product()
    for _ in range(3):
        await measured.anonymous.get(f"/v1/products/{product['id']}")

    labels = {"http_request_method": "GET", "http_route": "/v1/products/{product_id}"}
    assert (
        metrics.value("http_server_request_duration_seconds_count", **labels, http_response_status_code="200")
        == 3
    )
    assert product["id"] not in metrics.text()


async def test_requests_with_unknown_methods_are_counted_under_one_label_value(
    measured: WebShop, metrics: MetricsReader
) -> None:
    for method in ("BREW", "STEEP"):
        await measured.anonymous.request(method, "/v1/products")

    counted = metrics.value(
        "http_server_request_duration_seconds_count",
        http_request_method="_OTHER",
        http_route="/v1/products",
        http_response_status_code="405",
    )
    assert counted == 2
    assert "BREW" not in metrics.text()


async def test_order_rejected_as_out_of_stock_is_counted_in_the_problem_metric(
    measured: WebShop, metrics: MetricsReader
) -> None:
    product, customer = await measured.product(stock=1), await measured.customer()
    for number in range(2):
        await customer.post("/v1/orders", json=order_body((product, 1)), headers=key(str(number)))

    assert metrics.value("steelyard_http_problems_total", code="out_of_stock", http_route="/v1/orders") == 1
    assert metrics.value("steelyard_batch_size_bucket", queue="orders", le="1.0") == 2
    assert metrics.value("steelyard_queue_wait_seconds_count", queue="orders") == 2


async def test_throttled_and_rate_limited_requests_are_counted(tmp_path: Path) -> None:
    container = container_over(
        memory_store(), metrics_dir=tmp_path, rate_limit_enabled=True, rate_limit_tokens=12
    )
    async with web_shop(container) as web:
        for _ in range(14):
            await web.anonymous.post("/token", data={"username": "nobody@example.com", "password": "guessed"})
        metrics = MetricsReader(tmp_path)

        counted = {
            code: metrics.value("steelyard_http_problems_total", code=code, http_route="/token")
            for code in ("rate_limited", "too_many_attempts")
        }
    assert counted["rate_limited"] == 2
    assert counted["too_many_attempts"]


async def test_requests_rejected_by_load_shedding_are_counted(
    measured: WebShop, metrics: MetricsReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    admission = measured.container.orders.order_admission()
    monkeypatch.setattr(type(admission), "is_full", property(lambda _: True))
    customer = await measured.customer()
    response = await customer.post("/v1/orders", json={}, headers=key("1"))

    assert response.status_code == 503
    assert metrics.value("steelyard_admission_rejections_total", http_route="/v1/orders") == 1
    assert metrics.value("steelyard_http_problems_total", code="overloaded", http_route="/v1/orders") == 1


async def test_metrics_contain_the_usage_of_connection_pools_and_order_queues(
    measured: WebShop, metrics: MetricsReader
) -> None:
    await GaugeSampler(measured.container)()
    await sample_queues(measured.container)

    pool = {"db_client_connection_pool_name": "main"}
    assert metrics.value("db_client_connection_max", **pool) == 10
    assert metrics.value("db_client_connection_count", **pool, db_client_connection_state="used") == 0
    assert metrics.value("steelyard_queue_length", queue="orders") == 0
    assert metrics.value("steelyard_queue_length", queue="locked orders") == 0
    assert metrics.value("steelyard_admission_capacity") == 512
    assert metrics.value("steelyard_admitted_requests") == 0


def test_metric_families_have_distinct_names() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


async def test_metrics_contain_the_last_success_timestamp_of_each_job(
    measured: WebShop, metrics: MetricsReader
) -> None:
    seconds = iter([0.0])
    health = JobHealth(lambda: next(seconds, 1000.0))
    health.add("send", every=timedelta(seconds=2))
    measured.container.job_health.override(health)
    earliest = time.time()
    await GaugeSampler(measured.container)()

    succeeded = metrics.value("steelyard_job_last_success_timestamp_seconds", job_name="send")
    assert succeeded is not None
    assert earliest <= succeeded + 1000 <= time.time()
    assert metrics.value("steelyard_job_interval_seconds", job_name="send") == 2


async def test_admission_capacity_is_measured_only_in_processes_with_an_http_app(tmp_path: Path) -> None:
    container = container_over(memory_store(), metrics_dir=tmp_path)
    async with running(container):
        await GaugeSampler(container)()
        metrics = MetricsReader(tmp_path)

        assert metrics.value("db_client_connection_max", db_client_connection_pool_name="main") == 10
        assert metrics.value("steelyard_admission_capacity") is None
