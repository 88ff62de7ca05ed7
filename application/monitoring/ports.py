"""Work that waits in the database, for monitoring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

AGES = (timedelta(0), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""The minimum ages for which waiting items are counted."""

MAX_COUNTED = 10_000
"""The maximum number of items counted per queue. Counting millions would load the database."""


class Queue(StrEnum):
    """A kind of waiting work.

    By default, the age of an item is the time since a worker could first process the item.
    """

    UNPUBLISHED_EVENTS = "unpublished_events"
    """Events without a position in the feed."""
    WEBHOOK_DELIVERIES = "webhook_deliveries"
    """Due deliveries to endpoints that are not paused."""
    MAIL = "mail"
    """Due messages that are not set aside. The age is the time since the message was requested."""
    PENDING_PAYMENTS = "pending_payments"
    """Payments that wait for a result from the provider. The age is the time since the request."""
    PENDING_REFUNDS = "pending_refunds"
    """Refunds without a result. The age is the time since the request."""
    EXPIRED_HOLDS = "expired_holds"
    """Unpaid orders that still reserve stock after the end of their hold."""


class EndpointState(StrEnum):
    """The state of a webhook endpoint."""

    DELIVERING = "delivering"
    FAILING = "failing"
    PAUSED = "paused"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts of waiting items by age.

    `counts` has one number for each age in AGES: the number of items that have at least this age.

    `oldest` is the age of the oldest item.
    """

    counts: tuple[int, ...] = (0,) * len(AGES)
    oldest: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class RelayLag:
    """The number of events that a publisher has not received, and the age of the oldest such event."""

    events: int = 0
    age: timedelta = timedelta(0)


class Backlogs(Protocol):
    """Queries of waiting work. All methods raise DatabaseUnavailable, Overloaded."""

    async def of(self, queue: Queue, *, now: datetime) -> Backlog: ...

    async def relay_lag(self, publisher: str, *, now: datetime) -> RelayLag: ...

    async def endpoints(self) -> Mapping[EndpointState, int]:
        """Return the number of webhook endpoints in each state."""
        ...
