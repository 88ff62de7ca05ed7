"""In each queue, the waiting items are counted by age."""

from datetime import timedelta

import pytest

from application.mail.request import MailKind, MailRequest
from application.monitoring.ports import AGES, Backlog, EndpointState, Queue, RelayLag
from domain.webhooks.endpoint import EndpointChanges
from entrypoints.email_addresses import sought_email_address
from tests.kit.shop import HOLD, Shop
from tests.kit.webhooks import Webhooks

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOTHING = Backlog()
ONE_JUST_NOW = Backlog((1, 0, 0, 0), timedelta(0))
URL = "https://ann.example.com/hook"


async def backlog(shop: Shop, queue: Queue) -> Backlog:
    return await shop.store.backlogs.of(queue, now=shop.clock.now())


async def lag(shop: Shop, publisher: str = "webhooks") -> RelayLag:
    return await shop.store.backlogs.relay_lag(publisher, now=shop.clock.now())


@pytest.mark.parametrize("queue", Queue)
async def test_empty_shop_has_no_backlog(shop: Shop, queue: Queue) -> None:
    assert await backlog(shop, queue) == NOTHING


async def test_waiting_items_of_a_queue_are_counted_by_age(shop: Shop) -> None:
    for _ in AGES[1:]:
        await shop.product()
        shop.clock.advance(10 * MINUTE)
    await shop.product()

    assert await backlog(shop, Queue.UNPUBLISHED_EVENTS) == Backlog((4, 3, 3, 0), 30 * MINUTE)


async def test_relay_lag_counts_the_events_that_the_publisher_still_has_to_receive(shop: Shop) -> None:
    await shop.product()
    await Webhooks(shop).relay(limit=10)
    assert await lag(shop) == RelayLag()

    shop.clock.advance(MINUTE)
    for _ in range(2):
        await shop.product()
        shop.clock.advance(MINUTE)
    await shop.store.event_feed.publish_new(limit=10)

    assert await backlog(shop, Queue.UNPUBLISHED_EVENTS) == NOTHING
    assert await lag(shop) == RelayLag(2, 2 * MINUTE)
    assert await lag(shop, "another") == RelayLag(3, 3 * MINUTE)


async def test_due_deliveries_count_as_backlog_unless_the_endpoint_is_paused(shop: Shop) -> None:
    webhooks = Webhooks(shop)
    endpoint = await webhooks.endpoint(URL, "product.created")
    await shop.product()
    await webhooks.relay(limit=10)
    assert await backlog(shop, Queue.WEBHOOK_DELIVERIES) == ONE_JUST_NOW
    assert await shop.store.backlogs.endpoints() == {
        EndpointState.DELIVERING: 1,
        EndpointState.FAILING: 0,
        EndpointState.PAUSED: 0,
        EndpointState.BLOCKED: 0,
    }

    webhooks.subscribers.answers[URL] = 500
    await webhooks.work()
    assert await backlog(shop, Queue.WEBHOOK_DELIVERIES) == NOTHING
    assert (await shop.store.backlogs.endpoints())[EndpointState.FAILING] == 1

    shop.clock.advance(HOUR)
    assert (await backlog(shop, Queue.WEBHOOK_DELIVERIES)).counts[:2] == (1, 1)
    await webhooks.edit(endpoint, EndpointChanges(paused=True))
    assert await backlog(shop, Queue.WEBHOOK_DELIVERIES) == NOTHING
    assert (await shop.store.backlogs.endpoints())[EndpointState.PAUSED] == 1


async def test_due_mail_counts_as_backlog_until_the_service_stops_retrying_it(shop: Shop) -> None:
    request = MailRequest.made(
        MailKind.PASSWORD_RESET, sought_email_address("ann@example.com"), now=shop.clock.now()
    )
    async with shop.store.unit_of_work() as work:
        await work.mail.add(request)
        await work.commit()
    shop.clock.advance(MINUTE)
    assert await backlog(shop, Queue.MAIL) == Backlog((1, 1, 0, 0), MINUTE)

    async with shop.store.unit_of_work() as work:
        await work.mail.set_aside(request, at=shop.clock.now())
        await work.commit()
    assert await backlog(shop, Queue.MAIL) == NOTHING


async def test_payments_and_refunds_without_a_result_count_as_backlog(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=2), 2)
    await shop.pay(order, "tok_pending")
    assert await backlog(shop, Queue.PENDING_PAYMENTS) == ONE_JUST_NOW
    authorized = await shop.order(await shop.product(stock=1))
    await shop.authorize(authorized)
    assert await backlog(shop, Queue.PENDING_PAYMENTS) == ONE_JUST_NOW

    paid = await shop.order(await shop.product(stock=1))
    await shop.pay(paid)
    await shop.cancel(paid)
    assert await backlog(shop, Queue.PENDING_REFUNDS) == ONE_JUST_NOW
    await shop.settle()
    assert await backlog(shop, Queue.PENDING_REFUNDS) == NOTHING


async def test_ended_holds_count_as_backlog_until_the_orders_expire(shop: Shop) -> None:
    await shop.order(await shop.product(stock=1))
    assert await backlog(shop, Queue.EXPIRED_HOLDS) == NOTHING
    shop.clock.advance(HOLD + HOUR)
    assert await backlog(shop, Queue.EXPIRED_HOLDS) == Backlog((1, 1, 1, 1), HOUR)
    await shop.expire()
    assert await backlog(shop, Queue.EXPIRED_HOLDS) == NOTHING
