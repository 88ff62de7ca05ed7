"""Several workers deliver webhooks at the same time. Each event is sent only once to each endpoint."""

import asyncio

import pytest

from application.webhooks.deliver_webhooks import LEASE
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop
from tests.kit.webhooks import SECOND, Webhooks

ANN, BOB = "https://ann.example.com/", "https://bob.example.com/"


@pytest.fixture
def webhooks(shop: Shop) -> Webhooks:
    return Webhooks(shop)


async def test_event_that_is_relayed_twice_is_queued_only_once_per_endpoint(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint()
    await webhooks.shop.product()
    await webhooks.shop.store.event_feed.publish_new(limit=10)
    events = (await webhooks.shop.store.event_feed.read(after=None, type_=None, limit=10)).events
    for _ in range(2):
        await webhooks.shop.store.delivery_queue.put(events, now=webhooks.shop.clock.now())
    assert len(await webhooks.log(endpoint.id)) == 1
    assert await webhooks.work() == 1


async def test_concurrent_workers_send_each_event_only_once_per_endpoint(webhooks: Webhooks) -> None:
    for number in range(3):
        await webhooks.endpoint(f"https://ann.example.com/{number}")
    for _ in range(5):
        await webhooks.shop.product()
    await webhooks.relay(limit=100)

    async def work() -> None:
        while await webhooks.deliver()(limit=2):
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    await work()
    sent = [(message.url, message.message_id) for message in webhooks.subscribers.messages]
    assert len(set(sent)) == len(sent) == 15


async def test_slow_endpoint_delays_only_one_of_several_workers(webhooks: Webhooks) -> None:
    await webhooks.endpoint(ANN)
    await webhooks.endpoint(BOB)
    await webhooks.shop.product()
    await webhooks.relay(limit=100)
    now = webhooks.shop.clock.now()
    slow = await webhooks.shop.store.delivery_queue.take(now=now, until=now + LEASE, limit=10)
    assert slow is not None
    while await webhooks.deliver()(limit=10):
        pass
    [message] = webhooks.subscribers.messages
    assert message.url != slow.url


async def test_delivery_of_a_killed_worker_is_sent_after_the_lease_expires(
    webhooks: Webhooks,
) -> None:
    await webhooks.endpoint()
    await webhooks.shop.product()
    await webhooks.relay(limit=100)
    now = webhooks.shop.clock.now()
    due = await webhooks.shop.store.delivery_queue.take(now=now, until=now + LEASE, limit=10)
    assert due is not None
    assert await webhooks.work() == 0
    webhooks.shop.clock.advance(LEASE)
    assert await webhooks.work() == 1


async def test_worker_with_an_expired_lease_cannot_release_a_lease_of_another_worker(
    webhooks: Webhooks,
) -> None:
    await webhooks.endpoint()
    await webhooks.shop.product()
    await webhooks.relay(limit=100)
    queue, clock = webhooks.shop.store.delivery_queue, webhooks.shop.clock
    late = await queue.take(now=clock.now(), until=clock.now() + LEASE, limit=10)
    assert late is not None
    clock.advance(LEASE)
    assert await queue.take(now=clock.now(), until=clock.now() + LEASE, limit=10) is not None
    await queue.give_back(late, now=clock.now())
    assert await queue.take(now=clock.now(), until=clock.now() + LEASE, limit=10) is None


async def test_webhook_endpoints_receive_deliveries_in_turn(webhooks: Webhooks) -> None:
    urls = [f"https://ann.example.com/{number}" for number in range(3)]
    for url in urls:
        await webhooks.endpoint(url)
    for _ in range(4):
        await webhooks.shop.product()
    await webhooks.relay(limit=100)
    served = []
    for _ in range(6):
        webhooks.subscribers.messages.clear()
        await webhooks.deliver()(limit=1)
        webhooks.shop.clock.advance(SECOND)
        served.append(webhooks.subscribers.messages[0].url)
    assert served[:3] == served[3:]
    assert set(served) == set(urls)


async def test_endpoint_can_be_removed_during_a_delivery(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint()
    await webhooks.shop.product()
    webhooks.subscribers.during_send = lambda: webhooks.delete(endpoint.id, actor=SOMEBODY)
    assert await webhooks.work() == 1
    assert (await webhooks.list(after=None, limit=10)).items == ()
