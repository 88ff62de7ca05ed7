"""What is asked of the outbox, and of those who carry its events on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.events.views import EventPage, PublishedEvent
from domain.shared.errors import DomainError
from domain.shared.ids import EventId


class OutboxQueries(Protocol):
    """Reads of the outbox, outside of any unit of work."""

    async def count(self, event_type: str, *, of: Collection[UUID] | None = None) -> int:
        """Return how many events of this type, such as `order.placed`, have been committed.

        `of` are the ids of the aggregates to count the events of; without it, those of all aggregates are counted.
        """
        ...


class UnknownEvent(DomainError):
    """There is no such event in the feed to go on from."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__("There is no such event in the feed. Start anew without `after`.")


class EventFeed(Protocol):
    """All committed events in one order, which never changes: who has read up to an event has missed none before it.

    An event gets its place when it is published, not when it happens: a transaction that commits late is then found
    behind what others have read, never in front of it. The events of one aggregate stand in the order of its versions.
    """

    async def publish_new(self, *, limit: int) -> int:
        """Give events that have none their places, and return how many: about `limit`, or 0 while another does it."""
        ...

    async def read(self, *, after: EventId | None, type_: str | None, limit: int) -> EventPage:
        """Return events after one, or from the first on. Raises UnknownEvent."""
        ...


class PublisherUnavailable(Exception):
    """Events could not be carried on, or nobody knows whether they were. Some of them may have been."""


class EventPublisher(Protocol):
    """A way by which events leave the shop. `name` is what its progress is kept under."""

    @property
    def name(self) -> str: ...

    async def publish(self, events: Sequence[PublishedEvent]) -> None:
        """Carry events on, in this order, and return when they cannot be lost any more. Raises PublisherUnavailable.

        It gets an event again when nobody knows whether it was carried on. The event's id tells so to receivers.
        """
        ...


@dataclass(frozen=True, slots=True)
class RelayLease:
    """The right to carry on what comes `after` an event, for some time. `token` tells it from others."""

    publisher: str
    token: UUID
    after: EventId | None


class RelayProgress(Protocol):
    """How far each publisher has come, and who is carrying its events on."""

    async def lease(
        self, publisher: str, *, token: UUID, now: datetime, until: datetime
    ) -> RelayLease | None:
        """Return a lease, or None while there is another one."""
        ...

    async def end(self, lease: RelayLease, *, after: EventId | None) -> bool:
        """End a lease, and note how far the publisher has come; False if the lease was over and is somebody else's."""
        ...
