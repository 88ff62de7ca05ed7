"""Each published event contains the trace context of the request that caused the event."""

from dataclasses import replace

from application.events.views import PublishedEvent
from application.shared.idempotency import IdempotentResult
from tests.kit.ports import TRACE, traceparent
from tests.kit.shop import Shop
from tests.kit.webhooks import Webhooks


async def published(shop: Shop) -> list[PublishedEvent]:
    while await shop.store.event_feed.publish_new(limit=100):
        pass
    return list((await shop.store.event_feed.read(after=None, type_=None, limit=100)).events)


async def test_event_contains_the_trace_context_of_its_request(shop: Shop) -> None:
    token = TRACE.set(traceparent(7))
    mug = await shop.product()
    TRACE.reset(token)
    assert {event.traceparent for event in await published(shop) if event.aggregate_id == mug.id} == {
        traceparent(7)
    }


async def test_event_recorded_outside_a_trace_has_an_empty_traceparent(shop: Shop) -> None:
    await shop.product()
    assert {event.traceparent for event in await published(shop)} == {None}


async def test_each_order_of_a_batch_has_the_trace_of_its_own_request(shop: Shop) -> None:
    mug, customer = await shop.product(stock=9), await shop.customer()
    commands = [
        replace(shop.commands.place_order((mug, 1), customer=customer), traceparent=traceparent(number))
        for number in (1, 2)
    ]
    token = TRACE.set(traceparent(9))
    outcomes = await shop.batch()([*commands, shop.commands.place_order((mug, 1), customer=customer)])
    TRACE.reset(token)
    traces = {event.aggregate_id: event.traceparent for event in await published(shop)}
    placed = [outcome.result.id for outcome in outcomes if isinstance(outcome, IdempotentResult)]
    assert [traces[order_id] for order_id in placed] == [traceparent(number) for number in (1, 2, 9)]


async def test_due_delivery_has_the_trace_context_of_the_event(shop: Shop) -> None:
    webhooks = Webhooks(shop)
    await webhooks.endpoint()
    token = TRACE.set(traceparent(7))
    await shop.product()
    TRACE.reset(token)
    await webhooks.relay(limit=100)
    now = shop.clock.now()
    due = await shop.store.delivery_queue.take(now=now, until=now, limit=9)
    assert due is not None
    assert traceparent(7) in {delivery.event.traceparent for delivery in due.deliveries}
