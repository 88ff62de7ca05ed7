"""The contract of event publishers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from application.events.relay_events import LEASE, RelayEvents
from application.events.views import PublishedEvent
from tests.contract.event_carriers import EventDestination, to_nats, to_webhooks
from tests.kit.shop import Shop
from tests.servers.nats import nats_server


@pytest_asyncio.fixture(params=["webhooks", "nats"], loop_scope="session")
async def event_destination(
    request: pytest.FixtureRequest, shop: Shop, tmp_path: Path
) -> AsyncIterator[EventDestination]:
    if request.param == "webhooks":
        async with to_webhooks(shop) as event_destination:
            yield event_destination
        return
    with nats_server(tmp_path) as server:
        async with to_nats(server.url) as event_destination:
            yield event_destination


async def create_events(shop: Shop, times: int) -> Sequence[PublishedEvent]:
    """Create some events, and return all events of the feed."""
    for _ in range(times):
        await shop.product()
    await shop.store.event_feed.publish_new(limit=1000)
    return (await shop.store.event_feed.read(after=None, type_=None, limit=1000)).events


def relay(shop: Shop, event_destination: EventDestination, process: int) -> RelayEvents:
    publisher = event_destination.publishers[process]
    return RelayEvents(shop.store.event_feed, shop.store.relay_progress, publisher, shop.clock, shop.ids)


async def test_published_events_arrive_in_the_sequence_of_the_feed(
    shop: Shop, event_destination: EventDestination
) -> None:
    events = await create_events(shop, 5)
    await event_destination.publishers[0].publish(events[:3])
    assert await event_destination.received() == [event.id for event in events[:3]]
    await event_destination.publishers[0].publish(events[3:])
    assert await event_destination.received() == [event.id for event in events]


async def test_event_that_is_published_twice_is_stored_only_once_at_the_destination(
    shop: Shop, event_destination: EventDestination
) -> None:
    events = await create_events(shop, 4)
    await event_destination.publishers[0].publish(events[:3])
    await event_destination.publishers[1].publish(events[1:])
    assert await event_destination.received() == [event.id for event in events]


async def test_events_of_concurrent_publishers_arrive_only_once_and_in_sequence(
    shop: Shop, event_destination: EventDestination
) -> None:
    events = await create_events(shop, 20)
    await asyncio.gather(
        *(publisher.publish(events) for publisher in event_destination.publishers for _ in range(2))
    )
    assert await event_destination.received() == [event.id for event in events]


async def test_concurrent_relays_of_two_processes_publish_each_event_only_once(
    shop: Shop, event_destination: EventDestination
) -> None:
    events = await create_events(shop, 20)
    carried_on = 0
    while carried_on < len(events):
        relays = [relay(shop, event_destination, process) for process in (0, 1, 0, 1)]
        carried_on += sum(await asyncio.gather(*(each(limit=3) for each in relays)))
    assert carried_on == len(events)
    assert await event_destination.received() == [event.id for event in events]


async def test_relay_killed_before_recording_its_progress_causes_no_duplicate_event(
    shop: Shop, event_destination: EventDestination
) -> None:
    events = await create_events(shop, 4)
    now = shop.clock.now()
    publisher = event_destination.publishers[0]
    killed = await shop.store.relay_progress.lease(
        publisher.name, token=shop.ids.new(), now=now, until=now + LEASE
    )
    assert killed is not None
    await publisher.publish(events[:2])
    shop.clock.advance(LEASE)
    assert await relay(shop, event_destination, 1)(limit=100) == 4
    assert await event_destination.received() == [event.id for event in events]
