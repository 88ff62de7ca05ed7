"""Domain events, named in the past tense and recorded by aggregates."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of one aggregate.

    `type` is the public name, such as `order.placed`. `aggregate_version` is the version of the aggregate after
    the event. The events of an aggregate are sorted by this version.
    """

    type: ClassVar[str]
    aggregate_type: ClassVar[str]

    aggregate_id: UUID
    aggregate_version: int
    occurred_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Aggregate:
    """An object that is changed as a whole.

    An aggregate collects events until the unit of work takes them.
    """

    events: list[Event] = field(default_factory=list, init=False, repr=False)

    def take_events(self) -> list[Event]:
        """Return the recorded events, and remove them from the aggregate."""
        taken, self.events = self.events, []
        return taken
