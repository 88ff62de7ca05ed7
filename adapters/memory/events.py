from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from adapters.memory.core.database import MemoryDatabase, event_data, yield_control
from application.events.ports import EventFeed, OutboxQueries, RelayLease, RelayProgress, UnknownEvent
from application.events.views import EventPage, PublishedEvent
from domain.shared.events import Event
from domain.shared.ids import EventId


class MemoryEventFeed(EventFeed):
    """An event feed in memory. Events are in the sequence in which their transactions were committed."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def publish_new(self, *, limit: int) -> int:
        await yield_control()
        published = self._database.published
        end = published[-1].position if published else 0
        new = self._database.outbox[end : end + limit]
        published.extend(
            _published(event, position, self._database.traces) for position, event in enumerate(new, end + 1)
        )
        return len(new)

    async def read(self, *, after: EventId | None, type_: str | None, limit: int) -> EventPage:
        await yield_control()
        begin = 0 if after is None else self._position_of(after)
        published = self._database.published
        behind = [event for event in published if event.position > begin]
        found = tuple(event for event in behind if type_ in {None, event.type})[:limit]
        last = found[-1] if len(found) == limit else behind[-1] if behind else None
        return EventPage(
            events=found,
            last=last.id if last else after,
            has_more=last is not None and last is not published[-1],
        )

    async def prune(self, *, before: datetime, limit: int) -> int:
        await yield_control()
        needed = {delivery.event_id for delivery in self._database.tables.webhook_deliveries.values()}
        old = [
            event
            for event in self._database.published[:-1]
            if event.occurred_at < before and event.id not in needed
        ][:limit]
        for event in old:
            self._database.published.remove(event)
        return len(old)

    def _position_of(self, event_id: EventId) -> int:
        for event in self._database.published:
            if event.id == event_id:
                return event.position
        raise UnknownEvent


def _published(event: Event, position: int, traces: Mapping[tuple[UUID, int], str]) -> PublishedEvent:
    return PublishedEvent(
        id=EventId(uuid4()),
        position=position,
        type=event.type,
        aggregate_type=event.aggregate_type,
        aggregate_id=event.aggregate_id,
        aggregate_version=event.aggregate_version,
        occurred_at=event.occurred_at,
        data=event_data(event),
        traceparent=traces.get((event.aggregate_id, event.aggregate_version)),
    )


@dataclass(slots=True)
class _Progress:
    after: EventId | None = None
    token: UUID | None = None
    leased_until: datetime | None = None


class MemoryRelayProgress(RelayProgress):
    def __init__(self) -> None:
        self._progress: dict[str, _Progress] = {}

    def reached_by(self, publisher: str) -> EventId | None:
        """Return the id of the last event that the publisher has received, or None."""
        progress = self._progress.get(publisher)
        return None if progress is None else progress.after

    async def lease(
        self, publisher: str, *, token: UUID, now: datetime, until: datetime
    ) -> RelayLease | None:
        await yield_control()
        progress = self._progress.setdefault(publisher, _Progress())
        if progress.leased_until is not None and progress.leased_until > now:
            return None
        progress.token, progress.leased_until = token, until
        return RelayLease(publisher, token, progress.after)

    async def end(self, lease: RelayLease, *, after: EventId | None) -> bool:
        await yield_control()
        progress = self._progress[lease.publisher]
        if progress.token != lease.token:
            return False
        self._progress[lease.publisher] = _Progress(after)
        return True


class MemoryOutboxQueries(OutboxQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def counts(self, *, of: Collection[UUID] | None = None) -> Counter[str]:
        await yield_control()
        return Counter(
            event.type for event in self._database.outbox if of is None or event.aggregate_id in of
        )
