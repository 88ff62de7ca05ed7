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

        If `of` is not None, it contains ids of aggregates, and only events of these aggregates are counted.
        """
        ...


class UnknownEvent(DomainError):
    """The caller requested the events after an event that is not in the feed."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__("There is no such event in the feed. Start again without `after`.")


class EventFeed(PrunableRecords, Protocol):
    """All committed events in one fixed sequence, so that no reader misses an event.

    An event gets its position when it is published, not when it occurs. Events of a transaction that commits
    late therefore come after events that were already read. The events of one aggregate are sorted by the
    version of the aggregate.
    """

    async def publish_new(self, *, limit: int) -> int:
        """Assign positions to about `limit` new events, and return the number of these events.

        Returns 0 while another process assigns positions.
        """
        ...

    async def read(self, *, after: EventId | None, type_: str | None, limit: int) -> EventPage:
        """Return the events after the event with the id `after`.

        If `after` is None, the first stored event is the first result. Raises UnknownEvent for an unknown or pruned
        event.
        """
        ...

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` published events that occurred before `before`.

        Returns the number of deleted events. The last event, and events to which webhook deliveries refer, are
        not deleted.
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

        If the result of a call is unknown, the events of the call are published again. Receivers recognize an event
        by its id. Raises PublisherUnavailable.
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

        Returns False if the lease has expired and another relay has taken over.
        """
        ...
