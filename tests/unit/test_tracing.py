"""Environment variables configure tracing. Without these variables, requests run without tracing code."""

import pytest

from adapters.tracing.environment import is_configured
from adapters.tracing.tracing import Tracing
from adapters.webhooks.sender import HttpWebhookSender
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import PlaceOrderBatch
from entrypoints.bootstrap.tracing import create_tracing
from entrypoints.http.app import create_app
from entrypoints.setting_names import WrongSettings
from tests.kit.store import memory_store
from tests.kit.web import container_over

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "TRUE"}, False),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_tracing_is_enabled_if_a_collector_is_configured(environment: dict[str, str], expected: bool) -> None:
    assert is_configured(environment) is expected


def test_trace_export_protocol_other_than_http_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(WrongSettings, match="OTEL_EXPORTER_OTLP_PROTOCOL has to be http/protobuf"):
        create_tracing()


def test_service_uses_no_tracing_wrappers_if_tracing_is_disabled() -> None:
    container = container_over(memory_store())
    app = create_app(container=container)
    assert type(container.tracing()) is Tracing
    assert not app._native_telemetry.enabled()
    assert type(container.orders.place_order()) is PlaceOrder
    assert type(container.orders.order_batcher()._run) is PlaceOrderBatch
    assert container.orders.order_lanes()._run is container.orders.order_batcher()._run
    assert type(container.webhooks.deliver_webhooks().sender) is HttpWebhookSender
    for engine in (container.database.engine(), container.database.public_read_engine()):
        assert not engine.sync_engine.dispatch.before_cursor_execute
