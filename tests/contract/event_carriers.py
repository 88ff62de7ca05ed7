"""The destinations of events. Each destination has publishers, and returns the events that it has received."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from adapters.publishers.nats import NatsPublisher
from application.events.ports import EventPublisher
from application.webhooks.queue_deliveries import QueueDeliveries
from domain.shared.ids import EventId
from tests.kit.shop import Shop
from tests.kit.streams import PREFIX, SOURCE, STREAM, stored_messages
from tests.kit.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDestination:
    """A destination of events.

    `publishers` contains the publishers of two processes. `received` returns the event ids in the sequence in which
    the destination received the events.
    """

    publishers: Sequence[EventPublisher]
    received: Callable[[], Awaitable[list[EventId]]]


@asynccontextmanager
async def to_webhooks(shop: Shop) -> AsyncIterator[EventDestination]:
    webhooks = Webhooks(shop)
    endpoint = await webhooks.endpoint()

    async def received() -> list[EventId]:
        return [delivery.event_id for delivery in reversed(await webhooks.log(endpoint.id))]

    yield EventDestination(
        publishers=[QueueDeliveries(shop.store.delivery_queue, shop.clock) for _ in range(2)],
        received=received,
    )


@asynccontextmanager
async def to_nats(url: str) -> AsyncIterator[EventDestination]:
    publishers = [NatsPublisher([url], stream=STREAM, prefix=PREFIX, source=SOURCE) for _ in range(2)]

    async def received() -> list[EventId]:
        return [EventId(UUID(stored.message_id)) for stored in await stored_messages(url)]

    yield EventDestination(publishers=publishers, received=received)
    for publisher in publishers:
        await publisher.close()
