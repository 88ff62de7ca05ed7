"""The event feed contains every committed event exactly once, in a fixed sequence."""

import asyncio
import json

import pytest

from application.events.ports import UnknownEvent
from application.events.views import PublishedEvent
from domain.shared.ids import EventId
from tests.kit.shop import Shop


async def published(shop: Shop, *, limit: int = 100) -> list[PublishedEvent]:
    while await shop.store.event_feed.publish_new(limit=limit):
        pass
    return await read_feed(shop)


async def read_feed(shop: Shop, *, type_: str | None = None, limit: int = 100) -> list[PublishedEvent]:
    """Read the whole feed in pages of `limit` events."""
    events: list[PublishedEvent] = []
    after: EventId | None = None
    while True:
        portion = await shop.store.event_feed.read(after=after, type_=type_, limit=limit)
        events += portion.events
        after = portion.last
        if not portion.has_more:
            return events


async def test_event_has_a_type_and_an_aggregate_and_a_timestamp(shop: Shop) -> None:
    mug = await shop.product(stock=3, price=1250, sku="MUG")
    order = await shop.order(mug, quantity=2)
    [event] = [event for event in await published(shop) if event.type == "order.placed"]
    assert (event.aggregate_type, event.aggregate_id, event.aggregate_version) == ("order", order.id, 1)
    assert event.occurred_at == order.placed_at
    assert json.loads(event.data) == {
        "number": order.number,
        "customer_id": str(order.customer_id),
        "total": {"amount": 2500, "currency": "EUR"},
        "lines": [
            {
                "product_id": str(mug.id),
                "sku": "MUG",
                "quantity": 2,
                "unit_price": {"amount": 1250, "currency": "EUR"},
            }
        ],
    }


async def test_feed_positions_start_at_one_and_have_no_gaps(shop: Shop) -> None:
    for _ in range(5):
        await shop.product()
    assert [event.position for event in await published(shop, limit=2)] == [1, 2, 3, 4, 5]


async def test_event_feed_contains_only_events_with_a_position(shop: Shop) -> None:
    await shop.product()
    assert await read_feed(shop) == []


async def test_position_of_a_published_event_never_changes(shop: Shop) -> None:
    await shop.product()
    before = await published(shop)
    await shop.product()
    assert (await published(shop))[: len(before)] == before


async def test_feed_lists_events_of_an_aggregate_in_the_sequence_of_the_changes(shop: Shop) -> None:
    mug = await shop.product(stock=100)
    orders = [await shop.order(mug) for _ in range(5)]
    for order in reversed(orders):
        await shop.cancel(order)
    events = await published(shop, limit=3)
    for order in orders:
        of_order = [event.type for event in events if event.aggregate_id == order.id]
        assert of_order == ["order.placed", "order.cancelled"]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_feed_pages_of_any_size_contain_each_event_exactly_once(shop: Shop, limit: int) -> None:
    for _ in range(5):
        await shop.product()
    everything = await published(shop)
    assert await read_feed(shop, limit=limit) == everything


async def test_empty_feed_has_no_last_event(shop: Shop) -> None:
    portion = await shop.store.event_feed.read(after=None, type_=None, limit=10)
    assert (portion.events, portion.last, portion.has_more) == ((), None, False)


async def test_feed_page_after_the_last_event_is_empty(shop: Shop) -> None:
    await shop.product()
    [event] = await published(shop)
    portion = await shop.store.event_feed.read(after=event.id, type_=None, limit=10)
    assert (portion.events, portion.last, portion.has_more) == ((), event.id, False)


async def test_next_page_of_a_filtered_feed_starts_after_the_skipped_events(shop: Shop) -> None:
    mug = await shop.product(stock=10)
    order = await shop.order(mug)
    await shop.product()
    everything = await published(shop)
    [placed] = await read_feed(shop, type_="order.placed", limit=1)
    assert placed.aggregate_id == order.id
    portion = await shop.store.event_feed.read(after=None, type_="order.cancelled", limit=10)
    assert (portion.events, portion.last, portion.has_more) == ((), everything[-1].id, False)


async def test_feed_request_for_events_after_an_unknown_event_is_rejected(shop: Shop) -> None:
    with pytest.raises(UnknownEvent):
        await shop.store.event_feed.read(after=EventId(shop.ids.new()), type_=None, limit=10)


async def test_concurrent_publishers_assign_exactly_one_position_to_each_event(shop: Shop) -> None:
    for _ in range(20):
        await shop.product()
    await asyncio.gather(*(shop.store.event_feed.publish_new(limit=3) for _ in range(8)))
    assert [event.position for event in await published(shop)] == list(range(1, 21))


async def test_reader_of_the_feed_gets_every_event_despite_concurrent_writes(shop: Shop) -> None:
    read: list[PublishedEvent] = []
    writing = asyncio.create_task(_write(shop))
    after: EventId | None = None
    while True:
        is_over = writing.done()
        await asyncio.gather(*(shop.store.event_feed.publish_new(limit=2) for _ in range(2)))
        portion = await shop.store.event_feed.read(after=after, type_=None, limit=3)
        read += portion.events
        after = portion.last
        if is_over and not portion.events:
            break
    await writing
    assert [event.position for event in read] == list(range(1, 41))
    assert read == await read_feed(shop)


async def _write(shop: Shop) -> None:
    async def one_after_the_other() -> None:
        for _ in range(10):
            await shop.product()

    await asyncio.gather(*(one_after_the_other() for _ in range(4)))
