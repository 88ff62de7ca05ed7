"""Each event is stored exactly once in a real JetStream, in the right sequence, even after server outages."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import nats
import pytest
from nats.js.api import StreamConfig

from adapters.publishers.nats import DEDUPLICATED_FOR, NatsPublisher
from application.events.cloud_event import CONTENT_TYPE, cloud_event
from application.events.ports import PublisherUnavailable
from application.events.relay_events import RelayEvents
from application.events.views import PublishedEvent
from tests.integration.publishers.conftest import PublisherTo
from tests.kit.shop import Shop
from tests.kit.streams import PREFIX, SOURCE, STREAM, stored_messages
from tests.servers.nats import NatsServer


async def create_events(shop: Shop, times: int = 3) -> Sequence[PublishedEvent]:
    """Create some events, and return all events of the feed."""
    for _ in range(times):
        await shop.product()
    await shop.store.event_feed.publish_new(limit=1000)
    return (await shop.store.event_feed.read(after=None, type_=None, limit=1000)).events


def relay(shop: Shop, publisher: NatsPublisher) -> RelayEvents:
    return RelayEvents(shop.store.event_feed, shop.store.relay_progress, publisher, shop.clock, shop.ids)


async def ids_at(server: NatsServer) -> list[str]:
    return [stored.message_id for stored in await stored_messages(server.url)]


async def test_nats_message_is_a_cloud_event_with_the_id_of_the_published_event(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    await shop.cancel(await shop.order(await shop.product(name="Grüße 🎁", stock=1)))
    events = await create_events(shop, 0)
    await publisher_to(server.url).publish(events)
    stored = await stored_messages(server.url)
    assert [each.subject for each in stored] == [f"steelyard.{event.type}" for event in events]
    assert [each.message_id for each in stored] == [str(event.id) for event in events]
    assert [each.event for each in stored] == [cloud_event(event, source=SOURCE) for event in events]
    assert {each.content_type for each in stored} == {CONTENT_TYPE}
    assert {"product.created", "order.placed", "order.cancelled"} <= {each.event["type"] for each in stored}


async def test_missing_nats_stream_is_created_with_a_deduplication_window(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    await publisher_to(server.url).publish(await create_events(shop))
    async with await nats.connect(server.url) as client:
        made = (await client.jetstream().stream_info(STREAM)).config
    assert (made.subjects, made.storage) == ([f"{PREFIX}.>"], "file")
    assert made.duplicate_window == DEDUPLICATED_FOR > timedelta(minutes=5).total_seconds()


async def test_existing_nats_stream_is_not_changed(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    async with await nats.connect(server.url) as client:
        stream = client.jetstream()
        await stream.add_stream(StreamConfig(name=STREAM, subjects=[f"{PREFIX}.>"], max_msgs=2))
        await publisher_to(server.url).publish(await create_events(shop))
        found = await stream.stream_info(STREAM)
    assert (found.config.max_msgs, found.state.messages) == (2, 2)


async def test_event_is_not_published_if_another_nats_stream_uses_the_subject(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    async with await nats.connect(server.url) as client:
        stream = client.jetstream()
        await stream.add_stream(StreamConfig(name="OTHER", subjects=[f"{PREFIX}.>"]))
        with pytest.raises(PublisherUnavailable):
            await publisher_to(server.url).publish(await create_events(shop))
        assert (await stream.stream_info("OTHER")).state.messages == 0
        await stream.delete_stream("OTHER")
        await stream.add_stream(StreamConfig(name=STREAM, subjects=["something.else"]))
        with pytest.raises(PublisherUnavailable):
            await publisher_to(server.url).publish(await create_events(shop))
        assert (await stream.stream_info(STREAM)).config.subjects == ["something.else"]


async def test_nats_stream_is_created_again_if_it_was_deleted(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    publisher = publisher_to(server.url)
    events = await create_events(shop)
    await publisher.publish(events[:2])
    async with await nats.connect(server.url) as client:
        await client.jetstream().delete_stream(STREAM)
    await publisher.publish(events[2:])
    assert await ids_at(server) == [str(event.id) for event in events[2:]]


async def test_every_event_arrives_although_the_nats_server_was_down(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    carry_on = relay(shop, publisher_to(server.url))
    await create_events(shop)
    assert await carry_on(limit=2) == 2
    server.kill()
    for _ in range(2):
        await create_events(shop)
        with pytest.raises(PublisherUnavailable):
            await carry_on(limit=100)
    server.start()
    assert await carry_on(limit=100) == 7
    assert await ids_at(server) == [str(event.id) for event in await create_events(shop, 0)]


async def test_idle_nats_publisher_reconnects_after_a_server_restart(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    carry_on = relay(shop, publisher_to(server.url))
    await create_events(shop)
    await carry_on(limit=100)
    server.kill()
    server.start()
    events = await create_events(shop)
    try:
        await carry_on(limit=100)
    except PublisherUnavailable:  # the client has not noticed the closed connection yet
        await carry_on(limit=100)
    assert await ids_at(server) == [str(event.id) for event in events]


async def test_timeout_of_a_silent_nats_server_causes_no_duplicate_event(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_on = relay(shop, publisher_to(server.url))
    await create_events(shop)
    await carry_on(limit=1)
    monkeypatch.setattr("adapters.publishers.nats.SECONDS", 0.3)
    server.pause()
    with pytest.raises(PublisherUnavailable):  # sent on the existing connection
        await carry_on(limit=100)
    with pytest.raises(PublisherUnavailable):  # sent on a new connection
        await carry_on(limit=100)
    server.resume()
    monkeypatch.undo()
    assert await carry_on(limit=100) == 2
    assert await ids_at(server) == [str(event.id) for event in await create_events(shop, 0)]


async def test_events_arrive_exactly_once_in_sequence_although_the_nats_server_is_killed(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    publishers = [publisher_to(server.url) for _ in range(2)]
    events = await create_events(shop, 200)

    async def carry_on_all(publisher: NatsPublisher) -> None:
        while True:
            try:
                if not await relay(shop, publisher)(limit=10) and await reached_the_end():
                    return
            except PublisherUnavailable:
                await asyncio.sleep(0.01)

    async def reached_the_end() -> bool:
        now = shop.clock.now()
        lease = await shop.store.relay_progress.lease("nats", token=shop.ids.new(), now=now, until=now)
        if lease is None:
            return False
        await shop.store.relay_progress.end(lease, after=lease.after)
        return lease.after == events[-1].id

    async def pull_the_plug() -> None:
        for _ in range(5):
            await asyncio.sleep(0.02)
            server.kill()
            await asyncio.to_thread(server.start)

    await asyncio.gather(pull_the_plug(), *map(carry_on_all, publishers))
    assert await ids_at(server) == [str(event.id) for event in events]


async def test_nats_publisher_can_publish_again_after_a_call_was_canceled(
    server: NatsServer, shop: Shop, publisher_to: PublisherTo
) -> None:
    publisher = publisher_to(server.url)
    events = await create_events(shop)
    await publisher.publish(events[:1])
    server.pause()
    task = asyncio.create_task(publisher.publish(events))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    server.resume()
    await publisher.publish(events)
    assert await ids_at(server) == [str(event.id) for event in events]


async def test_unused_nats_publisher_can_be_closed_while_the_server_is_down(
    publisher_to: PublisherTo,
) -> None:
    publisher = publisher_to("nats://127.0.0.1:1")
    await publisher.close()
    await publisher.close()
