"""What the use cases of webhooks need from outside."""

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


class WebhookRepository(Protocol):
    """Endpoints and deliveries, inside a unit of work."""

    async def add(self, endpoint: WebhookEndpoint) -> None: ...

    async def remove(self, endpoint_id: EndpointId) -> bool:
        """Remove an endpoint with its deliveries, and return whether there was one."""
        ...

    async def transfer(self, endpoint_id: EndpointId, owner_id: UserId | ClientId) -> EndpointView | None:
        """Give an endpoint another owner, and unblock it; return it, or None if there is none."""
        ...

    async def mark_blocked(self, endpoint_id: EndpointId, at: datetime | None) -> bool:
        """Note that the owner may not read all events any more, or may again (None); return whether that is new."""
        ...

    async def delivery(self, endpoint_id: EndpointId, delivery_id: DeliveryId) -> Delivery | None:
        """Return a delivery to this endpoint, locked."""
        ...

    async def save(self, delivery: Delivery) -> None: ...


class WebhookQueries(Protocol):
    """Reads of webhooks, outside of any unit of work."""

    async def endpoints(self, *, after: Position | None, limit: int) -> Page[EndpointView]:
        """Return the endpoints, the first first."""
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
        """Return the deliveries to an endpoint, the event published last first."""
        ...


@dataclass(frozen=True, slots=True)
class DueDelivery:
    delivery: Delivery
    event: PublishedEvent


@dataclass(frozen=True, slots=True)
class Round:
    """What one endpoint is to be sent now, and the right to send it until `leased_until`."""

    endpoint_id: EndpointId
    url: str
    secret: bytes = field(repr=False)
    leased_until: datetime
    deliveries: Sequence[DueDelivery]
    event_types: tuple[str, ...]
    owner_id: UserId | ClientId | None
    is_blocked: bool


class DeliveryQueue(Protocol):
    """Deliveries on their way. All raise Overloaded and DatabaseUnavailable."""

    async def put(self, events: Sequence[PublishedEvent], *, now: datetime) -> None:
        """Queue each event for each endpoint that wants it, once, however often it is put."""
        ...

    async def take(self, *, now: datetime, until: datetime, limit: int) -> Round | None:
        """Return what is due at the endpoint that was served the longest time ago, or None if nothing is due.

        Nobody else gets the endpoint before `until`, or before it is given back. An event is held back while an
        earlier one of the same order, product or user is pending.
        """
        ...

    async def note(self, delivery: Delivery) -> None:
        """Keep what an attempt has changed, unless the endpoint has been removed meanwhile."""
        ...

    async def give_back(self, taken: Round, *, now: datetime) -> None:
        """Let others serve the endpoint, if it is still ours."""
        ...


class WebhookSender(Protocol):
    async def send(self, url: str, secret: bytes, message_id: str, body: str) -> Attempt:
        """Send a signed message. Whatever goes wrong is told by the attempt, within seconds."""
        ...
