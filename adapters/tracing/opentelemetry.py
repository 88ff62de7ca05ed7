"""Tracing by OpenTelemetry."""

import asyncio
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import httpx2
from opentelemetry.context import Context, attach, detach
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.tracing.exporting import tracer_provider
from adapters.tracing.tracing import PlaceBatch, Tracing
from application.events.ports import EventPublisher
from application.events.views import PublishedEvent
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.views import OrderView
from application.shared.idempotency import IdempotentResult
from application.webhooks.ports import WebhookSender
from domain.webhooks.delivery import Attempt

CLOSE_SECONDS = 3.0
"""The maximum time in seconds for exporting the last spans when the service stops.

If the collector does not respond, the spans are lost, because a stop must not wait for a collector.
"""

_CONTEXTS = TraceContextTextMapPropagator()


class OpenTelemetryTracing(Tracing):
    """Tracing with an exporter. Spans contain no data of clients: see SafeExporter."""

    def __init__(self, exporter: SpanExporter) -> None:
        # The instrumentations read this variable at their first use. The variable selects the current
        # names of attributes.
        os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
        if "OTEL_PROPAGATORS" not in os.environ:
            # OpenTelemetry's default also passes the baggage of clients to other services.
            set_global_textmap(_CONTEXTS)
        self._provider, self._sampler = tracer_provider(exporter)
        self._tracer = self._provider.get_tracer("steelyard")

    @property
    def provider(self) -> TracerProvider:
        return self._provider

    def current_trace(self) -> str | None:
        return _traceparent(get_current_span().get_span_context())

    def records_request(self, traceparent: str | None) -> bool:
        if traceparent and get_current_span(_context(traceparent)).get_span_context().is_valid:
            return True  # The client began this trace. The sampler decides later, when the span begins.
        return self._sampler.samples_new_trace()

    def order_placement(self, place_order: PlaceOrder) -> PlaceOrder:
        return _TracedPlaceOrder(place_order.queue, place_order.hold_releases)

    def order_batches(self, place: PlaceBatch) -> PlaceBatch:
        return _TracedBatches(place, self._tracer)

    def webhook_sender(self, sender: WebhookSender) -> WebhookSender:
        return _TracedSender(sender, self._tracer)

    def publisher(self, publisher: EventPublisher) -> EventPublisher:
        return _TracedPublisher(publisher, self._tracer)

    def watch_client(self, client: httpx2.AsyncClient) -> None:
        HTTPX2ClientInstrumentor.instrument_client(client, tracer_provider=self._provider)

    def watch_engines(self, engines: Iterable[AsyncEngine]) -> None:
        SQLAlchemyInstrumentor().instrument(
            engines=[engine.sync_engine for engine in engines],
            tracer_provider=self._provider,
            # No release of the instrumentation declares support for SQLAlchemy 2.1, but the tests of the service
            # cover this combination.
            skip_dep_check=True,
        )

    async def close(self) -> None:
        SQLAlchemyInstrumentor().uninstrument()
        closed, loop = asyncio.Event(), asyncio.get_running_loop()

        def shut_down() -> None:
            self._provider.shutdown()
            loop.call_soon_threadsafe(closed.set)

        threading.Thread(target=shut_down, name="close tracing", daemon=True).start()
        await asyncio.wait([asyncio.ensure_future(closed.wait())], timeout=CLOSE_SECONDS)


class _TracedPlaceOrder(PlaceOrder):
    async def __call__(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        traceparent = _traceparent(get_current_span().get_span_context())
        return await super().__call__(replace(command, traceparent=traceparent))


@dataclass(frozen=True, slots=True)
class _TracedBatches:
    """A use case that records each batch as a span.

    The span is in the trace of the batch's first request, and has links to all requests of the batch.
    """

    place: PlaceBatch
    tracer: Tracer

    async def __call__(
        self, commands: Sequence[PlaceOrderCommand]
    ) -> Sequence[IdempotentResult[OrderView] | Exception]:
        requests = [_context(command.traceparent) for command in commands if command.traceparent]
        if not requests:
            # The task of the queue was created in the context of an earlier request. An empty context replaces that
            # context.
            token = attach(Context())
            try:
                # Without spans of statements, placing an order takes 10% less CPU time.
                with suppress_instrumentation():
                    return await self.place(commands)
            finally:
                detach(token)
        with self.tracer.start_as_current_span(
            "place orders",
            context=requests[0],
            links=[Link(get_current_span(request).get_span_context()) for request in requests],
            attributes={"messaging.batch.message_count": len(commands)},
        ):
            return await self.place(commands)


@dataclass(frozen=True, slots=True)
class _TracedSender(WebhookSender):
    sender: WebhookSender
    tracer: Tracer

    async def send(
        self,
        url: str,
        secrets: Sequence[bytes],
        message_id: str,
        body: str,
        *,
        traceparent: str | None = None,
    ) -> Attempt:
        if traceparent is None:
            return await self.sender.send(url, secrets, message_id, body)
        with _sending(self.tracer, "send webhook", "webhook", message_id, traceparent) as span:
            attempt = await self.sender.send(
                url, secrets, message_id, body, traceparent=_traceparent(span.get_span_context())
            )
            if attempt.status is not None:
                span.set_attribute("http.response.status_code", attempt.status)
            if not attempt.was_heard:
                span.set_attribute("error.type", attempt.error or str(attempt.status))
                span.set_status(StatusCode.ERROR)
        return attempt


class _TracedPublisher(EventPublisher):
    def __init__(self, publisher: EventPublisher, tracer: Tracer) -> None:
        self._publisher = publisher
        self._tracer = tracer

    @property
    def name(self) -> str:
        return self._publisher.name

    async def publish(self, events: Sequence[PublishedEvent]) -> None:
        with ExitStack() as spans:
            await self._publisher.publish([self._traced(event, spans) for event in events])

    def _traced(self, event: PublishedEvent, spans: ExitStack) -> PublishedEvent:
        """Start a span for the event. The span ends when `spans` is closed.

        Return the event with the span as its trace context.
        """
        if event.traceparent is None:
            return event
        span = spans.enter_context(
            _sending(self._tracer, f"publish {event.type}", self.name, str(event.id), event.traceparent)
        )
        return replace(event, traceparent=_traceparent(span.get_span_context()))


@contextmanager
def _sending(tracer: Tracer, name: str, system: str, message_id: str, traceparent: str) -> Iterator[Span]:
    """Record the sending of a message in the trace of its event."""
    with tracer.start_as_current_span(
        name,
        context=_context(traceparent),
        kind=SpanKind.PRODUCER,
        attributes={
            "messaging.operation.type": "send",
            "messaging.system": system,
            "messaging.message.id": message_id,
        },
    ) as span:
        yield span


def _context(traceparent: str) -> Context:
    return _CONTEXTS.extract({"traceparent": traceparent})


def _traceparent(context: SpanContext) -> str | None:
    """Return the `traceparent` of a span (W3C Trace Context), or None if the span is not recorded."""
    if not context.trace_flags.sampled:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
