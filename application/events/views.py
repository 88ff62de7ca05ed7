"""Events as they are published."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvent:
    """An event with its place among all others.

    `position` counts from 1 on, without gaps. `data` is JSON: what the event says beyond the other fields.
    """

    id: EventId
    position: int
    type: str
    aggregate_type: str
    aggregate_id: UUID
    aggregate_version: int
    occurred_at: datetime
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Some events of the feed. `last` is the event up to which the feed was read; None at its very beginning.

    `has_more` tells that the feed goes on: with a filter, also where no event was found.
    """

    events: tuple[PublishedEvent, ...]
    last: EventId | None
    has_more: bool
