from uuid import uuid4

from adapters.json_text import to_json
from adapters.memory.database import MemoryDatabase, reach
from application.events.ports import EventFeed, UnknownEvent
from application.events.views import EventPage, PublishedEvent
from domain.shared.events import Event
from domain.shared.ids import EventId

_ENVELOPE = {"aggregate_id", "aggregate_version", "occurred_at"}


class MemoryEventFeed(EventFeed):
    """The order is that of the commits."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def publish_new(self, *, limit: int) -> int:
        await reach()
        published = self._database.published
        new = self._database.outbox[len(published) : len(published) + limit]
        published.extend(
            _published(event, position) for position, event in enumerate(new, len(published) + 1)
        )
        return len(new)

    async def read(self, *, after: EventId | None, type_: str | None, limit: int) -> EventPage:
        await reach()
        begin = 0 if after is None else self._position_of(after)
        published = self._database.published
        found = tuple(event for event in published[begin:] if type_ in {None, event.type})[:limit]
        end = found[-1].position if len(found) == limit else len(published)
        last = published[end - 1].id if end else after
        return EventPage(events=found, last=last, has_more=end < len(published))

    def _position_of(self, event_id: EventId) -> int:
        for event in self._database.published:
            if event.id == event_id:
                return event.position
        raise UnknownEvent


def _published(event: Event, position: int) -> PublishedEvent:
    return PublishedEvent(
        id=EventId(uuid4()),
        position=position,
        type=event.type,
        aggregate_type=event.aggregate_type,
        aggregate_id=event.aggregate_id,
        aggregate_version=event.aggregate_version,
        occurred_at=event.occurred_at,
        data=to_json(event, without=_ENVELOPE),
    )
