from collections.abc import Sequence

from application.events.ports import EventPublisher
from application.events.views import PublishedEvent
from application.shared.ports import Clock
from application.webhooks.ports import DeliveryQueue


class QueueDeliveries(EventPublisher):
    """Publish events to webhooks: queue the events for DeliverWebhooks."""

    name = "webhooks"

    def __init__(self, queue: DeliveryQueue, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock

    async def publish(self, events: Sequence[PublishedEvent]) -> None:
        await self._queue.put(events, now=self._clock.now())
