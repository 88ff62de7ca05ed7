"""Tracing of the service. It is off by default."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry.trace import TracerProvider
from sqlalchemy.ext.asyncio import AsyncEngine

from application.events.ports import EventPublisher
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.views import OrderView
from application.shared.batching import RunBatch
from application.shared.idempotency import IdempotentResult
from application.webhooks.ports import WebhookSender

if TYPE_CHECKING:
    import httpx2

PlaceBatch = RunBatch[PlaceOrderCommand, IdempotentResult[OrderView]]


class Tracing:
    """Disabled tracing, which changes no part of the service and loads no SDK."""

    @property
    def provider(self) -> TracerProvider | None:
        """The provider of tracers, or None if tracing is off."""
        return None

    def current_trace(self) -> str | None:
        """Return the trace context of the running code, or None if the trace is not recorded."""
        return None

    def records_request(self, traceparent: str | None) -> bool:  # noqa: ARG002 - the subclass that records traces reads it
        """Return whether a request can have a span. `traceparent` is the request's header or None."""
        return False

    def order_placement(self, place_order: PlaceOrder) -> PlaceOrder:
        """Return a use case that passes the trace of each request to the batch of the request."""
        return place_order

    def order_batches(self, place: PlaceBatch) -> PlaceBatch:
        """Return a function that records each batch as a span with links to its requests."""
        return place

    def webhook_sender(self, sender: WebhookSender) -> WebhookSender:
        """Return a sender that records each attempt to send an event in the trace of the event."""
        return sender

    def publisher(self, publisher: EventPublisher) -> EventPublisher:
        """Return a publisher that records each event in the trace of the event."""
        return publisher

    def watch_client(self, client: "httpx2.AsyncClient") -> None:
        """Record the requests of an HTTP client."""

    def watch_engines(self, engines: Iterable[AsyncEngine]) -> None:
        """Record the statements of database engines until the tracing is closed."""

    async def close(self) -> None:
        """Export the remaining spans. The call ends within seconds."""
