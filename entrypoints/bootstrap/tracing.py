"""Set up tracing, and wrap parts of the service in objects that record spans."""

import os
from collections.abc import MutableMapping
from functools import partial
from typing import Any

from fastapi.telemetry import TelemetryConfig

from adapters.tracing.environment import is_configured
from adapters.tracing.tracing import PlaceBatch, Tracing
from application.events.ports import EventPublisher
from application.orders.place_order import PlaceOrder
from application.webhooks.ports import WebhookSender
from entrypoints.setting_names import WrongSettings

UNTRACED_PATHS = {"/livez", "/readyz", "/metrics"}


def create_tracing() -> Tracing:
    """Return OpenTelemetry tracing if it is configured. Otherwise return disabled tracing.

    Tracing is configured with OpenTelemetry's standard environment variables. The only supported protocol is OTLP
    over HTTP. For any other protocol, the function raises WrongSettings.
    """
    if not is_configured():
        return Tracing()
    for variable in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if os.environ.get(variable, "http/protobuf") != "http/protobuf":
            raise WrongSettings(f"{variable} has to be http/protobuf, the only protocol of this service.")
    # Without tracing, the service does not load these libraries, because loading them takes time and memory.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - loaded only if tracing is on

    from adapters.tracing.opentelemetry import OpenTelemetryTracing  # noqa: PLC0415 - loaded only if tracing is on

    return OpenTelemetryTracing(OTLPSpanExporter())


def traced_order_placement(tracing: Tracing, place_order: PlaceOrder) -> PlaceOrder:
    return tracing.order_placement(place_order)


def traced_order_batches(tracing: Tracing, place: PlaceBatch) -> PlaceBatch:
    return tracing.order_batches(place)


def traced_webhook_sender(tracing: Tracing, sender: WebhookSender) -> WebhookSender:
    return tracing.webhook_sender(sender)


def traced_publisher(tracing: Tracing, publisher: EventPublisher) -> EventPublisher:
    return tracing.publisher(publisher)


def _is_untraced(tracing: Tracing, scope: MutableMapping[str, Any]) -> bool:
    if scope["path"] in UNTRACED_PATHS:
        return True
    traceparent = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
    return not tracing.records_request(None if traceparent is None else traceparent.decode("latin-1"))


def telemetry(tracing: Tracing) -> TelemetryConfig:
    """Return the configuration of FastAPI's spans.

    FastAPI's own environment variables for tracing are ignored. With these variables, FastAPI could export the paths
    and queries of requests.
    """
    return {
        "tracing": tracing.provider is not None,
        "tracer_provider": tracing.provider,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
        "exclude": partial(_is_untraced, tracing),
    }
