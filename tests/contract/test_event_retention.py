"""Old events are deleted. The event feed and the publishers continue with the remaining events."""

from datetime import timedelta

import pytest

from application.events.ports import UnknownEvent
from application.events.views import PublishedEvent
from tests.kit.shop import Shop
from tests.kit.webhooks import Webhooks

DAY = timedelta(days=1)


async def publish_products(shop: Shop, count: int) -> list[PublishedEvent]:
    for _ in range(count):
        await shop.product()
    while await shop.store.event_feed.publish_new(limit=100):
        pass
    return await stored_events(shop)


async def stored_events(shop: Shop) -> list[PublishedEvent]:
    page = await shop.store.event_feed.read(after=None, type_=None, limit=100)
    assert not page.has_more
    return list(page.events)


async def prune_all(shop: Shop) -> int:
    return await shop.store.event_feed.prune(before=shop.clock.now() + DAY, limit=100)


async def test_pruning_deletes_all_old_events_except_the_last_event_of_the_feed(shop: Shop) -> None:
    events = await publish_products(shop, 3)
    assert await prune_all(shop) == len(events) - 1
    assert await stored_events(shop) == events[-1:]
    assert await prune_all(shop) == 0


async def test_pruning_does_not_delete_events_within_the_retention_period(shop: Shop) -> None:
    events = await publish_products(shop, 2)
    shop.clock.advance(DAY)
    await publish_products(shop, 2)
    assert await shop.store.event_feed.prune(before=shop.clock.now(), limit=100) == len(events)
    assert [event.position for event in await stored_events(shop)] == [len(events) + 1, len(events) + 2]


async def test_feed_positions_continue_after_pruned_events(shop: Shop) -> None:
    events = await publish_products(shop, 3)
    await prune_all(shop)
    assert [event.position for event in await publish_products(shop, 1)] == [len(events), len(events) + 1]


async def test_feed_request_for_events_after_a_pruned_event_is_rejected(shop: Shop) -> None:
    events = await publish_products(shop, 3)
    await prune_all(shop)
    with pytest.raises(UnknownEvent):
        await shop.store.event_feed.read(after=events[0].id, type_=None, limit=9)
    page = await shop.store.event_feed.read(after=events[-1].id, type_="product.created", limit=9)
    assert (page.events, page.last, page.has_more) == ((), events[-1].id, False)


async def test_pruning_does_not_delete_the_event_of_a_stored_delivery(shop: Shop) -> None:
    webhooks = Webhooks(shop)
    await webhooks.endpoint()
    await shop.product()
    assert await webhooks.work() == 1
    [delivered] = await stored_events(shop)
    await publish_products(shop, 3)
    assert await prune_all(shop) == 2
    first, last = await stored_events(shop)
    assert first == delivered
    page = await shop.store.event_feed.read(after=None, type_="product.created", limit=1)
    assert page.has_more
    page = await shop.store.event_feed.read(after=page.last, type_="product.created", limit=1)
    assert page.events == (last,)


async def test_publisher_whose_next_event_was_pruned_continues_at_the_oldest_stored_event(shop: Shop) -> None:
    webhooks = Webhooks(shop)
    await publish_products(shop, 1)
    assert await webhooks.relay(limit=1) == 1
    await publish_products(shop, 3)
    assert await prune_all(shop) == 3
    assert await webhooks.relay(limit=9) == 1
    assert await webhooks.relay(limit=9) == 0
