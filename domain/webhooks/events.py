"""Events of webhook endpoints. They have no URL and no secret: every subscriber with the permission reads them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.shared.events import Event


class PauseReason(StrEnum):
    REQUESTED = "requested"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointEvent(Event):
    """`owner_id` is the user or client that owns the endpoint; null for the shop's admins."""

    aggregate_type = "webhook_endpoint"

    owner_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointPaused(WebhookEndpointEvent):
    """`failing_since` is when the first delivery failed since the last success; null if the last one succeeded."""

    type = "webhook_endpoint.paused"

    reason: PauseReason
    failing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointResumed(WebhookEndpointEvent):
    type = "webhook_endpoint.resumed"
