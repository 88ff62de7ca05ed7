"""Use cases that read events. They change nothing."""

from dataclasses import dataclass

from application.events.ports import EventFeed
from application.events.views import EventPage
from domain.shared.ids import EventId

PUBLISHED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ListEvents:
    """Read what has happened in the shop, in the order in which it was published.

    Ask again with the id of the last event that was read as `after`: no committed event is ever skipped, and the events
    of one order, product or user come in the order in which they happened.
    """

    feed: EventFeed

    async def __call__(self, *, after: EventId | None, type_: str | None, limit: int) -> EventPage:
        """Raise UnknownEvent."""
        # So that the feed is complete also where no relay is running.
        await self.feed.publish_new(limit=PUBLISHED_AT_ONCE)
        return await self.feed.read(after=after, type_=type_, limit=limit)
