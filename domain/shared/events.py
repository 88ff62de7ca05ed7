"""Domain events: what has happened, in the past tense, recorded by the aggregate to which it happened."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to one aggregate.

    `type` is the event's public name, such as `order.placed`; `aggregate_version` is the version of the aggregate
    that the event led to, so that readers can put the events of one aggregate in order.
    """

    type: ClassVar[str]
    aggregate_type: ClassVar[str]

    aggregate_id: UUID
    aggregate_version: int
    occurred_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Aggregate:
    """The consistency boundary: changed as a whole, and keeper of the events not yet handed to the unit of work."""

    events: list[Event] = field(default_factory=list, init=False, repr=False)

    def take_events(self) -> list[Event]:
        """Hand over the recorded events and forget them."""
        taken, self.events = self.events, []
        return taken
