import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from application.events.cloud_event import cloud_event
from application.shared.clock import Clock
from application.webhooks.ports import DeliveryQueue, DueDelivery, Round, WebhookSender

LEASE = timedelta(minutes=1)
"""For how long an endpoint is one worker's: longer than a round of deliveries to it takes."""

AT_ONCE = 20
"""Deliveries to one endpoint in one round."""


@dataclass(frozen=True, slots=True)
class DeliverWebhooks:
    """Send what is due to one endpoint after the other, at least once each, and try again later what was not heard.

    Any number of workers may do this. An endpoint is served by one at a time, so that a slow one holds up one worker.
    """

    queue: DeliveryQueue
    sender: WebhookSender
    clock: Clock
    random: Callable[[], float]
    source: str

    async def __call__(self, *, limit: int) -> int:
        """Serve one endpoint, and return how many deliveries were tried. Raises Overloaded, DatabaseUnavailable."""
        now = self.clock.now()
        taken = await self.queue.take(now=now, until=now + LEASE, limit=min(limit, AT_ONCE))
        if taken is None:
            return 0
        try:
            await asyncio.gather(*(self._deliver(due, taken) for due in taken.deliveries))
        finally:
            await self.queue.give_back(taken, now=self.clock.now())
        return len(taken.deliveries)

    async def _deliver(self, due: DueDelivery, taken: Round) -> None:
        body = json.dumps(
            cloud_event(due.event, source=self.source), ensure_ascii=False, separators=(",", ":")
        )
        attempt = await self.sender.send(taken.url, taken.secret, str(due.event.id), body)
        due.delivery.note(attempt, jitter=self.random())
        await self.queue.note(due.delivery)
