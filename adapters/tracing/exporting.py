"""Export of spans to a collector, configured by OpenTelemetry's standard environment variables."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, Status, TraceState, get_current_span
from opentelemetry.util.types import Attributes

_ids = RandomIdGenerator()

SAFE_ATTRIBUTES = frozenset(
    {
        "db.operation.name",
        "db.system.name",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "messaging.batch.message_count",
        "messaging.message.id",
        "messaging.operation.type",
        "messaging.system",
        "network.protocol.version",
        "url.scheme",
    }
)
"""The attributes whose values never contain data of clients.

All other attributes can contain paths, queries, addresses or statements.
"""


class SafeExporter(SpanExporter):
    """An exporter that removes data of clients from spans.

    The exporter keeps only SAFE_ATTRIBUTES. It removes all other attributes, all events and all error
    messages.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_safe(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class ServiceSampler(Sampler):
    """The configured sampler. For a new trace, it decides before FastAPI begins a span.

    For many requests, beginning a span takes longer than serving the request, even if the span is dropped.

    Statements and outgoing requests that belong to no trace, for example those of periodic jobs, are not
    recorded.
    """

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def samples_new_trace(self) -> bool:
        """Return whether to begin a trace for a request that does not belong to a trace yet."""
        result = self._sampler.should_sample(None, _ids.generate_trace_id(), "request", SpanKind.SERVER)
        return result.decision is Decision.RECORD_AND_SAMPLE

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        if not get_current_span(parent_context).get_span_context().is_valid:
            if kind is SpanKind.CLIENT:
                return SamplingResult(Decision.DROP)
            if kind is SpanKind.SERVER:  # `samples_new_trace` has already decided to record the trace.
                return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)
        return self._sampler.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        return f"ServiceSampler({self._sampler.get_description()})"


def tracer_provider(exporter: SpanExporter) -> tuple[TracerProvider, ServiceSampler]:
    """Return a provider of tracers, and its sampler.

    The provider exports spans in the background. The caller shuts the provider down.
    """
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    provider.sampler = sampler = ServiceSampler(provider.sampler)
    provider.add_span_processor(BatchSpanProcessor(SafeExporter(exporter)))
    return provider, sampler


def _resource() -> Resource:
    """Return the resource from the environment, with a default name if no name is set."""
    resource = Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "steelyard"}))
    return resource


def _safe(span: ReadableSpan) -> ReadableSpan:
    attributes = {name: value for name, value in (span.attributes or {}).items() if name in SAFE_ATTRIBUTES}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        links=[Link(link.context) for link in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
