"""Webhooks deliver each event at least once, and the events of one aggregate in sequence. Retries are limited."""

from datetime import timedelta

import pytest

from application.shared.idempotency import IdempotencyKeyReused, IdempotentOperation
from application.webhooks.create_endpoint import CreateEndpointCommand
from application.webhooks.deliver_webhooks import LEASE
from domain.shared.errors import NotFound, ValidationFailed
from domain.users.permissions import Permission
from domain.webhooks.delivery import PAUSES, DeliveryStatus
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop
from tests.kit.webhooks import SECOND, Webhooks

ANN, BOB = "https://ann.example.com/", "https://bob.example.com/hook?for=bob"


@pytest.fixture
def webhooks(shop: Shop) -> Webhooks:
    return Webhooks(shop)


async def test_endpoint_receives_every_event_that_occurs_after_the_endpoint_was_created(
    webhooks: Webhooks,
) -> None:
    await webhooks.shop.product()
    await webhooks.work()
    endpoint = await webhooks.endpoint()
    mug = await webhooks.shop.product(stock=3)
    await webhooks.shop.order(mug)
    await webhooks.work()
    assert webhooks.subscribers.event_types_sent_to(ANN) == [
        "product.created",
        "user.signed_up",
        "order.placed",
    ]
    message = webhooks.subscribers.messages[0]
    assert message.message_id == message.event["id"]
    assert message.event["specversion"] == "1.0"
    assert message.event["source"] == "http://shop"
    assert endpoint.secret == "whsec_c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="
    assert message.secrets == (b"s" * 32,)


async def test_endpoint_receives_only_events_of_its_event_types(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN, "order.placed", "order.cancelled", "order.placed")
    await webhooks.endpoint(BOB, "product.created")
    assert endpoint.event_types == ("order.cancelled", "order.placed")
    mug = await webhooks.shop.product(stock=3)
    await webhooks.shop.cancel(await webhooks.shop.order(mug))
    await webhooks.work()
    assert webhooks.subscribers.event_types_sent_to(ANN) == ["order.placed", "order.cancelled"]
    assert webhooks.subscribers.event_types_sent_to(BOB) == ["product.created"]


async def test_delivered_event_is_listed_with_one_attempt_and_not_sent_again(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint()
    await webhooks.shop.product()
    assert await webhooks.work() == 1
    assert await webhooks.work() == 0
    [delivery] = await webhooks.log(endpoint.id)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 1)
    assert (delivery.last_status, delivery.last_error) == (204, None)
    assert delivery.last_attempt_at == webhooks.shop.clock.now()
    assert delivery.next_attempt_at is None


@pytest.mark.parametrize("answer", [500, 400, 301, 199, "timeout"])
async def test_failed_delivery_is_retried_with_backoff_until_it_gets_the_status_dead(
    webhooks: Webhooks, answer: int | str
) -> None:
    endpoint = await webhooks.endpoint()
    webhooks.subscribers.answers[ANN] = answer
    await webhooks.shop.product()
    for attempts, pause in enumerate(PAUSES, 1):
        assert await webhooks.work() == 1
        [delivery] = await webhooks.log(endpoint.id)
        assert (delivery.status, delivery.attempts) == (DeliveryStatus.PENDING, attempts)
        assert answer in {delivery.last_status, delivery.last_error}
        assert delivery.next_attempt_at == webhooks.shop.clock.now() + pause
        webhooks.shop.clock.advance(pause - timedelta(microseconds=1))
        assert await webhooks.work() == 0
        webhooks.shop.clock.advance(timedelta(microseconds=1))
    assert await webhooks.work() == 1
    [delivery] = await webhooks.log(endpoint.id)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DEAD, len(PAUSES) + 1)
    webhooks.shop.clock.advance(timedelta(days=30))
    assert await webhooks.work() == 0
    assert len({message.message_id for message in webhooks.subscribers.messages}) == 1


async def test_event_waits_only_for_earlier_events_of_the_same_aggregate(webhooks: Webhooks) -> None:
    await webhooks.endpoint(ANN, "order.placed", "order.cancelled", "product.created")
    mug = await webhooks.shop.product(stock=5)
    await webhooks.work()
    webhooks.subscribers.answers[ANN] = 500
    order = await webhooks.shop.order(mug)
    await webhooks.work()
    await webhooks.shop.cancel(order)
    del webhooks.subscribers.answers[ANN]
    await webhooks.shop.product()
    await webhooks.work()
    assert webhooks.subscribers.event_types_sent_to(ANN) == [
        "product.created",
        "order.placed",
        "product.created",
    ]
    webhooks.shop.clock.advance(PAUSES[0])
    await webhooks.work()
    assert webhooks.subscribers.event_types_sent_to(ANN)[3:] == ["order.placed", "order.cancelled"]


async def test_retried_delivery_is_sent_before_later_events_of_the_same_aggregate(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint(ANN, "order.placed", "order.cancelled")
    order = await webhooks.shop.order(await webhooks.shop.product(stock=5))
    await webhooks.work()
    webhooks.subscribers.answers[ANN] = 500
    await webhooks.shop.cancel(order)
    await webhooks.work()
    [_, placed] = await webhooks.log(endpoint.id)
    await webhooks.retry(endpoint.id, placed.id, key=None, actor=SOMEBODY)
    webhooks.shop.clock.advance(PAUSES[0])
    await webhooks.deliver()(limit=100)
    assert webhooks.subscribers.event_types_sent_to(ANN)[2:] == ["order.placed"]


async def test_deliveries_that_have_been_due_the_longest_are_sent_first(webhooks: Webhooks) -> None:
    await webhooks.endpoint(ANN, "product.created")
    webhooks.subscribers.answers[ANN] = 500
    failed = (await webhooks.shop.product()).id
    await webhooks.work()
    webhooks.shop.clock.advance(SECOND)
    fresh = (await webhooks.shop.product()).id
    await webhooks.relay(limit=100)
    webhooks.shop.clock.advance(PAUSES[0])
    now, taken_ids = webhooks.shop.clock.now(), []
    for number in range(1, 3):
        due = await webhooks.shop.store.delivery_queue.take(now=now, until=now + LEASE, limit=number)
        assert due is not None
        taken_ids.append([each.event.aggregate_id for each in due.deliveries])
        await webhooks.shop.store.delivery_queue.give_back(due, now=now)
    assert taken_ids == [[fresh], [fresh, failed]]


async def test_delivery_with_the_status_dead_does_not_block_later_deliveries(webhooks: Webhooks) -> None:
    await webhooks.endpoint(ANN, "order.placed", "order.cancelled")
    webhooks.subscribers.answers[ANN] = 500
    order = await webhooks.shop.order(await webhooks.shop.product(stock=5))
    await webhooks.work()
    for pause in PAUSES:
        webhooks.shop.clock.advance(pause)
        await webhooks.work()
    del webhooks.subscribers.answers[ANN]
    await webhooks.shop.cancel(order)
    await webhooks.work()
    assert webhooks.subscribers.event_types_sent_to(ANN)[-1] == "order.cancelled"


async def test_failing_endpoint_does_not_delay_other_endpoints(webhooks: Webhooks) -> None:
    await webhooks.endpoint(ANN)
    await webhooks.endpoint(BOB)
    webhooks.subscribers.answers[ANN] = "connection_failed"
    for _ in range(3):
        await webhooks.shop.product()
        await webhooks.work()
    assert len(webhooks.subscribers.event_types_sent_to(BOB)) == 3


async def test_removed_endpoint_receives_no_event(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint()
    await webhooks.shop.product()
    await webhooks.relay(limit=100)
    await webhooks.delete(endpoint.id, actor=SOMEBODY)
    assert await webhooks.work() == 0
    assert (await webhooks.list(after=None, limit=10)).items == ()
    with pytest.raises(NotFound):
        await webhooks.log(endpoint.id)
    with pytest.raises(NotFound):
        await webhooks.delete(endpoint.id, actor=SOMEBODY)


async def test_deliveries_are_listed_newest_first_and_filtered_by_status(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint()
    await webhooks.shop.product()
    await webhooks.work()
    webhooks.subscribers.answers[ANN] = 500
    for _ in range(3):
        await webhooks.shop.product()
    await webhooks.work()
    statuses = [delivery.status for delivery in await webhooks.log(endpoint.id)]
    assert statuses == [DeliveryStatus.PENDING] * 3 + [DeliveryStatus.DELIVERED]
    first = await webhooks.deliveries(endpoint.id, status=DeliveryStatus.PENDING, after=None, limit=2)
    rest = await webhooks.deliveries(endpoint.id, status=DeliveryStatus.PENDING, after=first.next, limit=2)
    assert (len(first.items), len(rest.items), rest.next) == (2, 1, None)
    assert [*first.items, *rest.items] == (await webhooks.log(endpoint.id))[:3]


async def test_retry_of_an_endpoint_creation_returns_the_same_webhook_secret(webhooks: Webhooks) -> None:
    key = webhooks.shop.commands.key(ANN, operation=IdempotentOperation.CREATE_WEBHOOK_ENDPOINT, key="one")
    first = await webhooks.create(
        CreateEndpointCommand(
            url=ANN, event_types=(), permissions=frozenset(Permission), key=key, actor=SOMEBODY
        )
    )
    second = await webhooks.create(
        CreateEndpointCommand(
            url=ANN, event_types=(), permissions=frozenset(Permission), key=key, actor=SOMEBODY
        )
    )
    assert (second.replayed, second.result) == (True, first.result)
    [listed] = (await webhooks.list(after=None, limit=10)).items
    assert listed.id == first.result.id
    other = webhooks.shop.commands.key(BOB, operation=IdempotentOperation.CREATE_WEBHOOK_ENDPOINT, key="one")
    with pytest.raises(IdempotencyKeyReused):
        await webhooks.create(
            CreateEndpointCommand(
                url=BOB, event_types=(), permissions=frozenset(Permission), key=other, actor=SOMEBODY
            )
        )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user:canary@example.com/",
        "https://@example.com/",
        "https://example.com/#fragment",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://[::1",
        "https://exämple.com/",
        "https://example.com/\n",
        "https://example.com/ b",
        f"https://example.com/{'a' * 2000}",
    ],
)
async def test_unsafe_webhook_url_is_rejected(webhooks: Webhooks, url: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        await webhooks.create(
            CreateEndpointCommand(
                url=url, event_types=(), permissions=frozenset(Permission), key=None, actor=SOMEBODY
            )
        )
    assert [violation.path for violation in refusal.value.violations] == [("url",)]
    assert "canary" not in str(refusal.value.violations)
