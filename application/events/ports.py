"""Ports of the outbox, the event feed and event publishers."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.events.views import EventPage, PublishedEvent
from application.retention.ports import PrunableRecords
from domain.shared.errors import DomainError
from domain.shared.ids import EventId


class OutboxQueries(Protocol):
    """Reads of the outbox, outside of any unit of work."""

    async def counts(self, *, of: Collection[UUID] | None = None) -> Counter[str]:
        """Return the number of committed events of each type, such as `order.placed`.

        `of` contains ids of aggregates, and only events of these aggregates are counted. If `of` is None, all
        events are counted.
        """
        ...


class UnknownEvent(DomainError):
    """The caller requested the events after an event that is not in the feed."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__("There is no such event in the feed. Start again without `after`.")


class EventFeed(PrunableRecords, Protocol):
    """All committed events in one fixed sequence, so that no reader misses an event.

    An event gets its position after the commit of its transaction. If a transaction commits late, its events get
    later positions than the events that readers have already read. The events of one aggregate are sorted by the
    version of the aggregate.
    """

    async def publish_new(self, *, limit: int) -> int:
        """Assign positions to about `limit` new events, and return the number of these events.

        If another process is assigning positions, returns 0.
        """
        ...

    async def read(self, *, after: EventId | None, type_: str | None, limit: int) -> EventPage:
        """Return the events after the event with the id `after`.

        If `after` is None, the result begins with the first stored event.

        Raises UnknownEvent if the event `after` is unknown or was pruned.
        """
        ...

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` published events that occurred before `before`.

        The last event is never deleted. Events to which webhook deliveries refer are not deleted.

        Returns the number of deleted events.
        """
        ...


class PublisherUnavailable(Exception):
    """The publisher failed to publish events, or the result is unknown.

    Some of the events may have been published.
    """


class EventPublisher(Protocol):
    """A destination of events. `name` identifies the stored progress of the publisher."""

    @property
    def name(self) -> str: ...

    async def publish(self, events: Sequence[PublishedEvent]) -> None:
        """Publish the events in the given sequence. Return when the destination has stored them durably.

        If the result of a call is unknown, the caller publishes the same events again. Receivers recognize
        duplicates by the id of the event.

        Raises PublisherUnavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class RelayLease:
    """A temporary exclusive right to publish the events that follow the event `after`.

    `token` identifies the lease.
    """

    publisher: str
    token: UUID
    after: EventId | None


class RelayProgress(Protocol):
    """The progress and the lease of each publisher."""

    async def lease(
        self, publisher: str, *, token: UUID, now: datetime, until: datetime
    ) -> RelayLease | None:
        """Return a lease, or None while another lease is valid."""
        ...

    async def end(self, lease: RelayLease, *, after: EventId | None) -> bool:
        """End a lease and record the publisher's progress.

        Returns False if the lease has expired and another relay has a new lease.
        """
        ...
