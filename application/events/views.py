"""Published events, and pages of the event feed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvent:
    """An event with its position in the feed.

    `position` counts from 1 without gaps. `data` is the event's payload as JSON.
    `traceparent` is the trace context of the request that caused the event, or None if the request was not traced.
    """

    id: EventId
    position: int
    type: str
    aggregate_type: str
    aggregate_id: UUID
    aggregate_version: int
    occurred_at: datetime
    data: str
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A page of the feed.

    To read the next page, pass `last` as `after`. If the caller passed no `after` and the feed is empty, `last` is
    None.

    If the feed has events after this page, `has_more` is true. With a filter, `has_more` can be true even if the
    page is empty.
    """

    events: tuple[PublishedEvent, ...]
    last: EventId | None
    has_more: bool
