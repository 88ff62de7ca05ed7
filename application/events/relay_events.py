import asyncio
from dataclasses import dataclass
from datetime import timedelta

from application.events.ports import (
    EventFeed,
    EventPublisher,
    PublisherUnavailable,
    RelayLease,
    RelayProgress,
)
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from domain.shared.ids import EventId

LEASE = timedelta(seconds=30)
PATIENCE = 20.0
"""Seconds that a publisher may take: less than a lease, so that nobody else begins before."""


@dataclass(frozen=True, slots=True)
class RelayEvents:
    """Hand the events of the feed to a publisher: each at least once, for the first time in the feed's order.

    Any number of relays may run: one of them has the lease, the others do nothing. Whoever is killed between handing
    over and noting so leaves a lease behind, and when that is over the same events are handed over again.
    """

    feed: EventFeed
    progress: RelayProgress
    publisher: EventPublisher
    clock: Clock
    ids: IdFactory

    async def __call__(self, *, limit: int) -> int:
        """Return how many events were carried on. Raises PublisherUnavailable, Overloaded, DatabaseUnavailable."""
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
        portion = await self.feed.read(after=lease.after, type_=None, limit=limit)
        if portion.events:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.publisher.publish(portion.events)
            except TimeoutError as error:
                raise PublisherUnavailable from error
        return portion.last, len(portion.events)
