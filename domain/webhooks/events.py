"""Events of webhook endpoints.

The events contain no URL and no secret, because every subscriber with the permission can read the events.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.shared.events import Event


class PauseReason(StrEnum):
    """The reason why a webhook endpoint was paused.

    - `requested`: a user or client has paused it.
    - `failing`: no delivery has succeeded for days.
    """

    REQUESTED = "requested"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointEvent(Event):
    """The fields of an event about a webhook endpoint.

    `owner_id` is the user or client that owns the endpoint. `owner_id` is null if the shop's admins own the endpoint.
    """

    aggregate_type = "webhook_endpoint"

    owner_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointPaused(WebhookEndpointEvent):
    """The endpoint was paused. `failing_since` is the time at which its deliveries began to fail.

    `failing_since` is null if the last delivery succeeded.
    """

    type = "webhook_endpoint.paused"

    reason: PauseReason
    failing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointResumed(WebhookEndpointEvent):
    """A paused endpoint was resumed. The service now sends the events that waited."""

    type = "webhook_endpoint.resumed"
