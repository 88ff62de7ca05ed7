"""Deliveries: one event for one endpoint, with its attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from domain.shared.ids import DeliveryId, EndpointId, EventId

PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Pauses between attempts, as Standard Webhooks recommends: about three days in total."""

JITTER = 0.2
"""The largest random extension of a pause, as a fraction of the pause.

The extension spreads retries over time.
"""


class DeliveryStatus(StrEnum):
    """The status of a delivery.

    - `pending`: the next attempt is scheduled.
    - `delivered`: the endpoint answered with a status of 200 to 299.
    - `dead`: all attempts failed. The event is sent again only if a client requests a retry.
    """

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of an attempt: the endpoint's HTTP status, or a code if no answer arrived."""

    at: datetime
    status: int | None
    error: str | None

    @property
    def was_heard(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - statuses from 200 to 299 mean success (RFC 9110)


@dataclass(slots=True, kw_only=True, eq=False)
class Delivery:
    """A delivery of one event to one endpoint. `due_at` is the time of the next attempt.

    A delivery is dead after its last attempt has failed.
    """

    id: DeliveryId
    endpoint_id: EndpointId
    event_id: EventId
    event_type: str
    position: int
    status: DeliveryStatus
    attempts: int
    due_at: datetime
    last_attempt: Attempt | None
    created_at: datetime

    @classmethod
    def of(
        cls,
        *,
        id: DeliveryId,  # noqa: A002 - the parameter has the name of the field
        endpoint_id: EndpointId,
        event_id: EventId,
        event_type: str,
        position: int,
        now: datetime,
    ) -> Self:
        return cls(
            id=id,
            endpoint_id=endpoint_id,
            event_id=event_id,
            event_type=event_type,
            position=position,
            status=DeliveryStatus.PENDING,
            attempts=0,
            due_at=now,
            last_attempt=None,
            created_at=now,
        )

    def note(self, attempt: Attempt, *, jitter: float) -> None:
        """Record an attempt. If the attempt failed, schedule the next attempt.

        `jitter` selects the random extension of the pause, from 0 (no extension) to 1 (the largest extension).
        """
        self.last_attempt = attempt
        self.attempts += 1
        if attempt.was_heard:
            self.status = DeliveryStatus.DELIVERED
        elif self.attempts > len(PAUSES):
            self.status = DeliveryStatus.DEAD
        else:
            self.due_at = attempt.at + PAUSES[self.attempts - 1] * (1 + JITTER * jitter)

    def postpone(self, until: datetime) -> None:
        """Delay the next attempt. No attempt is recorded."""
        self.due_at = until

    def retry(self, *, now: datetime) -> None:
        """Schedule an attempt now.

        A dead delivery gets one more attempt. A delivered event is sent again.
        """
        self.status = DeliveryStatus.PENDING
        self.due_at = now
