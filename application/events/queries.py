"""Use cases that read events."""

from dataclasses import dataclass

from application.events.ports import EventFeed
from application.events.views import EventPage
from domain.shared.ids import EventId

PUBLISHED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ListEvents:
    """List the events of the shop in the sequence in which they were published.

    To get the next events, send the id of the last event as `after`.

    No committed event is ever skipped. The events of one order, product or user are in the sequence in which they
    occurred.
    """

    feed: EventFeed

    async def __call__(self, *, after: EventId | None, type_: str | None, limit: int) -> EventPage:
        """Return a page of the feed. Raises UnknownEvent."""
        # Publishing new events first makes the feed complete even if no relay is running.
        await self.feed.publish_new(limit=PUBLISHED_AT_ONCE)
        return await self.feed.read(after=after, type_=type_, limit=limit)
