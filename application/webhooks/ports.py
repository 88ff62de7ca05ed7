"""Ports of webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from application.events.views import PublishedEvent
from application.shared.page import Page, Position
from application.webhooks.views import DeliveryView, EndpointView
from domain.shared.ids import ClientId, DeliveryId, EndpointId, UserId
from domain.webhooks.delivery import Attempt, Delivery, DeliveryStatus
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliveredFilter:
    """The deliveries of an endpoint that were created in a period.

    The period begins at `since` and ends before `until`.

    Empty `event_types` stand for all event types.
    """

    endpoint_id: EndpointId
    since: datetime
    until: datetime
    event_types: Sequence[str] = ()


class WebhookRepository(Protocol):
    """Endpoints and deliveries in a unit of work."""

    async def add(self, endpoint: WebhookEndpoint) -> None: ...

    async def remove(self, endpoint_id: EndpointId) -> bool:
        """Remove an endpoint with its deliveries. Return whether it existed."""
        ...

    async def get(self, endpoint_id: EndpointId) -> WebhookEndpoint | None:
        """Lock and return an endpoint."""
        ...

    async def peek(self, endpoint_id: EndpointId) -> WebhookEndpoint | None:
        """Return an endpoint without locking it."""
        ...

    async def has_delivered_since(self, endpoint_id: EndpointId, since: datetime) -> bool:
        """Return whether a delivery to the endpoint has succeeded since the time `since`."""
        ...

    async def save(self, endpoint: WebhookEndpoint) -> None:
        """Save a locked endpoint."""
        ...

    async def delivery(self, endpoint_id: EndpointId, delivery_id: DeliveryId) -> Delivery | None:
        """Lock and return a delivery to this endpoint."""
        ...

    async def retry_undelivered(self, which: UndeliveredFilter, *, limit: int, now: datetime) -> int:
        """Make the oldest matching deliveries due now, and return their number.

        A matching delivery is either dead, or pending and not due yet.
        """
        ...

    async def save_delivery(self, delivery: Delivery) -> None: ...


class WebhookQueries(Protocol):
    """Reads of webhooks, outside of a unit of work."""

    async def endpoints(self, *, after: Position | None, limit: int) -> Page[EndpointView]:
        """Return the endpoints, oldest first."""
        ...

    async def endpoint(self, endpoint_id: EndpointId) -> EndpointView | None: ...

    async def deliveries(
        self,
        endpoint_id: EndpointId,
        *,
        status: DeliveryStatus | None,
        after: Position | None,
        limit: int,
    ) -> Page[DeliveryView]:
        """Return the deliveries of an endpoint, newest event first."""
        ...


@dataclass(frozen=True, slots=True)
class DueDelivery:
    delivery: Delivery
    event: PublishedEvent


@dataclass(frozen=True, slots=True)
class Round:
    """The due deliveries of one endpoint. The endpoint is leased until `leased_until`."""

    endpoint_id: EndpointId
    url: str
    secrets: Sequence[bytes] = field(repr=False)
    leased_until: datetime
    deliveries: Sequence[DueDelivery]
    event_types: tuple[str, ...]
    owner_id: UserId | ClientId | None
    is_blocked: bool
    failing_since: datetime | None = None


class DeliveryQueue(Protocol):
    """The queue of deliveries. All methods raise Overloaded and DatabaseUnavailable."""

    async def put(self, events: Sequence[PublishedEvent], *, now: datetime) -> None:
        """Queue each event exactly once per subscribed endpoint."""
        ...

    async def take(self, *, now: datetime, until: datetime, limit: int) -> Round | None:
        """Return due deliveries of the least recently served endpoint, or None.

        Deliveries with the earliest due time come first. While an earlier event of the same order, product or user
        is pending, later events wait.

        The endpoint is leased until `until`. During the lease, no other worker gets the endpoint. `give_back` ends
        the lease earlier.

        The call takes the same time for few and for many waiting events.
        """
        ...

    async def note(self, delivery: Delivery) -> None:
        """Save the result of an attempt. If the endpoint was removed during the attempt, do nothing."""
        ...

    async def give_back(self, taken: Round, *, now: datetime, failed: bool | None = None) -> None:
        """Release the endpoint if the lease is still valid.

        `failed` is True if all attempts of the round failed. If the endpoint did not count as failing before, it
        counts as failing from `now` on.

        `failed` is False if an attempt succeeded. The endpoint then no longer counts as failing.

        `failed` is None if there were no attempts.
        """
        ...


class WebhookSender(Protocol):
    async def send(
        self,
        url: str,
        secrets: Sequence[bytes],
        message_id: str,
        body: str,
        *,
        traceparent: str | None = None,
    ) -> Attempt:
        """Send a message, signed with each secret, and return within seconds.

        `traceparent` is sent in the HTTP header of the same name (W3C Trace Context).

        If an error occurs, no exception is raised. The returned attempt contains the error.
        """
        ...
