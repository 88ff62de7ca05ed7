"""Views of webhooks. A secret is shown only once, when it is created."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from domain.shared.ids import ClientId, DeliveryId, EndpointId, EventId, UserId
from domain.webhooks.delivery import Delivery, DeliveryStatus
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    id: EndpointId
    url: str
    event_types: tuple[str, ...]
    created_at: datetime
    description: str = ""
    owner_id: UserId | ClientId | None = None
    blocked_at: datetime | None = None
    paused_at: datetime | None = None
    former_secret_expires_at: datetime | None = None
    version: int = 1

    @property
    def paused(self) -> bool:
        return self.paused_at is not None

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> Self:
        return cls(
            id=endpoint.id,
            url=endpoint.url,
            event_types=endpoint.event_types,
            created_at=endpoint.created_at,
            description=endpoint.description,
            owner_id=endpoint.owner_id,
            blocked_at=endpoint.blocked_at,
            paused_at=endpoint.paused_at,
            former_secret_expires_at=endpoint.former_secret_expires_at,
            version=endpoint.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpointView(EndpointView):
    """An endpoint with its secret, which is `whsec_` followed by Base64.

    If no encryption key was configured, the secret is None in a replay.
    """

    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetriedView:
    """The number of scheduled deliveries.

    If the maximum number of deliveries was scheduled, `has_more` is true. More deliveries may then match.
    """

    retried: int
    has_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """A delivery. `next_attempt_at` is set only while the delivery is pending.

    The fields of the last attempt are None before the first attempt.
    """

    id: DeliveryId
    event_id: EventId
    event_type: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        last = delivery.last_attempt
        return cls(
            id=delivery.id,
            event_id=delivery.event_id,
            event_type=delivery.event_type,
            status=delivery.status,
            attempts=delivery.attempts,
            next_attempt_at=delivery.due_at if delivery.status is DeliveryStatus.PENDING else None,
            last_attempt_at=last.at if last else None,
            last_status=last.status if last else None,
            last_error=last.error if last else None,
            created_at=delivery.created_at,
        )
