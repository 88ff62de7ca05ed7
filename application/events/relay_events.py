import asyncio
from dataclasses import dataclass
from datetime import timedelta

from application.events.ports import (
    EventFeed,
    EventPublisher,
    PublisherUnavailable,
    RelayLease,
    RelayProgress,
    UnknownEvent,
)
from application.shared.ports import Clock, IdFactory
from domain.shared.ids import EventId

LEASE = timedelta(seconds=30)
PUBLISH_TIMEOUT = 20.0
"""The timeout of a call to a publisher, in seconds.

The timeout is shorter than a lease, so that a call ends before another relay can take the lease.
"""


@dataclass(frozen=True, slots=True)
class RelayEvents:
    """Relay the events of the feed to a publisher, in sequence and at least once.

    Any number of relays can run at the same time. Only the relay with the lease publishes events.

    A relay can be killed after it publishes events and before it records its progress. When its lease expires,
    another relay publishes the same events again.
    """

    feed: EventFeed
    progress: RelayProgress
    publisher: EventPublisher
    clock: Clock
    ids: IdFactory

    async def __call__(self, *, limit: int) -> int:
        """Return the number of published events.

        Raises PublisherUnavailable, Overloaded, DatabaseUnavailable.
        """
        await self.feed.publish_new(limit=limit)
        now = self.clock.now()
        lease = await self.progress.lease(
            self.publisher.name, token=self.ids.new(), now=now, until=now + LEASE
        )
        if lease is None:
            return 0
        after, count = lease.after, 0
        try:
            after, count = await self._carry_on(lease, limit)
        finally:
            await self.progress.end(lease, after=after)
        return count

    async def _carry_on(self, lease: RelayLease, limit: int) -> tuple[EventId | None, int]:
        try:
            portion = await self.feed.read(after=lease.after, type_=None, limit=limit)
        except UnknownEvent:
            # If the event `after` is unknown, it was pruned while the publisher was unavailable.
            portion = await self.feed.read(after=None, type_=None, limit=limit)
        if portion.events:
            try:
                async with asyncio.timeout(PUBLISH_TIMEOUT):
                    await self.publisher.publish(portion.events)
            except TimeoutError as error:
                raise PublisherUnavailable from error
        return portion.last, len(portion.events)
