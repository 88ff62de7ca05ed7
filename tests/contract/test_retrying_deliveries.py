"""A single delivery can be retried, or all failed deliveries of a time window."""

import asyncio
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from application.audit.entry import AuditAction
from application.shared.idempotency import (
    IdempotencyKey,
    IdempotentOperation,
    IdempotentResult,
)
from application.webhooks import retry_deliveries
from application.webhooks.ports import UndeliveredFilter
from application.webhooks.views import EndpointView, RetriedView
from domain.shared.errors import NotFound, ValidationFailed
from domain.shared.ids import DeliveryId, EndpointId
from domain.webhooks.delivery import PAUSES, DeliveryStatus
from tests.kit.actors import SOMEBODY
from tests.kit.auditing import entry_of
from tests.kit.shop import Shop
from tests.kit.webhooks import SECOND, Webhooks

ANN, BOB = "https://ann.example.com/", "https://bob.example.com/"
HOUR = timedelta(hours=1)


@pytest.fixture
def webhooks(shop: Shop) -> Webhooks:
    return Webhooks(shop)


@pytest_asyncio.fixture(loop_scope="session")
async def failing(webhooks: Webhooks) -> EndpointView:
    """An endpoint that rejects every event."""
    webhooks.subscribers.answers[ANN] = 500
    return await webhooks.endpoint(ANN)


async def retry(
    webhooks: Webhooks,
    endpoint: EndpointView,
    since: datetime,
    *types: str,
    until: datetime | None = None,
    key: IdempotencyKey | None = None,
) -> IdempotentResult[RetriedView]:
    which = UndeliveredFilter(
        endpoint_id=EndpointId(endpoint.id),
        since=since,
        until=until or webhooks.shop.clock.now() + SECOND,
        event_types=types,
    )
    return await webhooks.retry_all(which, key=key, actor=SOMEBODY)


async def due_types(webhooks: Webhooks, endpoint: EndpointView) -> list[str]:
    now = webhooks.shop.clock.now()
    return [
        each.event_type
        for each in reversed(await webhooks.log(endpoint.id))
        if each.next_attempt_at is not None and each.next_attempt_at <= now
    ]


async def test_bulk_retry_schedules_dead_and_waiting_deliveries(
    webhooks: Webhooks, failing: EndpointView
) -> None:
    start = webhooks.shop.clock.now()
    await webhooks.shop.product()
    await webhooks.work()
    for pause in PAUSES:
        webhooks.shop.clock.advance(pause)
        await webhooks.work()
    await webhooks.shop.product()
    await webhooks.work()
    assert [each.status for each in await webhooks.log(failing.id)] == ["pending", "dead"]
    del webhooks.subscribers.answers[ANN]
    assert (await retry(webhooks, failing, start)).result == RetriedView(retried=2, has_more=False)
    await webhooks.work()
    assert {each.status for each in await webhooks.log(failing.id)} == {DeliveryStatus.DELIVERED}


async def test_bulk_retry_includes_only_events_of_the_requested_types_and_time_window(
    webhooks: Webhooks, failing: EndpointView
) -> None:
    clock = webhooks.shop.clock
    await webhooks.shop.product()
    await webhooks.work()
    clock.advance(HOUR)
    since = clock.now()
    await webhooks.shop.order(await webhooks.shop.product(stock=2))
    await webhooks.work()
    clock.advance(HOUR)
    until = clock.now()
    await webhooks.shop.product()
    await webhooks.work()
    assert (await retry(webhooks, failing, since, "order.placed", until=until)).result.retried == 1
    assert await due_types(webhooks, failing) == ["order.placed"]
    other_type = (await retry(webhooks, failing, since, "order.expired", until=until)).result
    assert other_type == RetriedView(retried=0, has_more=False)


async def test_bulk_retry_excludes_delivered_and_due_deliveries(webhooks: Webhooks) -> None:
    start = webhooks.shop.clock.now()
    endpoint = await webhooks.endpoint(ANN)
    await webhooks.shop.product()
    await webhooks.work()
    await webhooks.shop.product()
    await webhooks.relay(limit=100)
    assert (await retry(webhooks, endpoint, start)).result.retried == 0
    assert await webhooks.work() == 1


async def test_bulk_retry_excludes_deliveries_of_other_endpoints(
    webhooks: Webhooks, failing: EndpointView
) -> None:
    start = webhooks.shop.clock.now()
    webhooks.subscribers.answers[BOB] = 500
    other = await webhooks.endpoint(BOB)
    await webhooks.shop.product()
    await webhooks.work()
    assert (await retry(webhooks, failing, start)).result.retried == 1
    assert await due_types(webhooks, other) == []


async def test_bulk_retry_above_the_maximum_size_can_be_continued(
    webhooks: Webhooks, failing: EndpointView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_deliveries, "MAX_RETRIED", 2)
    start = webhooks.shop.clock.now()
    for _ in range(3):
        await webhooks.shop.product()
        await webhooks.work()
        webhooks.shop.clock.advance(SECOND)
    assert (await retry(webhooks, failing, start)).result == RetriedView(retried=2, has_more=True)
    waiting = [each for each in await webhooks.log(failing.id) if each.next_attempt_at]
    assert [each.next_attempt_at == webhooks.shop.clock.now() for each in waiting] == [False, True, True]
    assert (await retry(webhooks, failing, start)).result == RetriedView(retried=1, has_more=False)


async def test_bulk_retry_sends_the_events_of_an_aggregate_in_the_original_sequence(
    webhooks: Webhooks, failing: EndpointView
) -> None:
    start = webhooks.shop.clock.now()
    mug = await webhooks.shop.product(stock=1)
    await webhooks.shop.cancel(await webhooks.shop.order(mug))
    await webhooks.work()
    await retry(webhooks, failing, start)
    webhooks.subscribers.messages.clear()
    del webhooks.subscribers.answers[ANN]
    await webhooks.work()
    types = [type_ for type_ in webhooks.subscribers.event_types_sent_to(ANN) if type_.startswith("order.")]
    assert types == ["order.placed", "order.cancelled"]


async def test_bulk_retry_is_executed_only_once_per_idempotency_key(
    webhooks: Webhooks, failing: EndpointView
) -> None:
    start = webhooks.shop.clock.now()
    await webhooks.shop.product()
    await webhooks.work()
    key = webhooks.shop.commands.key(start, operation=IdempotentOperation.RETRY_WEBHOOK_DELIVERIES, key="one")
    first = await retry(webhooks, failing, start, key=key)
    await webhooks.work()
    second = await retry(webhooks, failing, start, key=key)
    assert (first.result.retried, second.replayed, second.result) == (1, True, first.result)
    assert await due_types(webhooks, failing) == []


async def test_concurrent_bulk_retries_schedule_each_delivery_only_once(
    webhooks: Webhooks, failing: EndpointView
) -> None:
    start = webhooks.shop.clock.now()
    for _ in range(4):
        await webhooks.shop.product()
    await webhooks.work()
    results = await asyncio.gather(*(retry(webhooks, failing, start) for _ in range(3)))
    assert sorted(result.result.retried for result in results) == [0, 0, 4]


async def test_bulk_retry_with_an_empty_time_window_or_unknown_endpoint_is_rejected(
    webhooks: Webhooks, failing: EndpointView
) -> None:
    now = webhooks.shop.clock.now()
    with pytest.raises(ValidationFailed):
        await retry(webhooks, failing, now, until=now)
    await webhooks.delete(EndpointId(failing.id), actor=SOMEBODY)
    with pytest.raises(NotFound):
        await retry(webhooks, failing, now)


async def test_bulk_retry_is_audited_with_the_number_of_deliveries(
    webhooks: Webhooks, failing: EndpointView
) -> None:
    start = webhooks.shop.clock.now()
    await webhooks.shop.product()
    await webhooks.work()
    await retry(webhooks, failing, start)
    entry = await entry_of(webhooks.shop, AuditAction.WEBHOOK_ENDPOINT_DELIVERIES_RETRIED)
    assert (entry.object_id, entry.details) == (str(failing.id), {"retried": 1})


async def test_manual_retry_of_a_dead_delivery_makes_one_attempt(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint()
    webhooks.subscribers.answers[ANN] = 500
    await webhooks.shop.product()
    await webhooks.work()
    for pause in PAUSES:
        webhooks.shop.clock.advance(pause)
        await webhooks.work()
    [dead] = await webhooks.log(endpoint.id)
    retried = (await webhooks.retry(endpoint.id, dead.id, key=None, actor=SOMEBODY)).result
    assert (retried.status, retried.next_attempt_at) == (
        DeliveryStatus.PENDING,
        webhooks.shop.clock.now(),
    )
    assert await webhooks.work() == 1
    assert [each.status for each in await webhooks.log(endpoint.id)] == [DeliveryStatus.DEAD]
    del webhooks.subscribers.answers[ANN]
    await webhooks.retry(endpoint.id, dead.id, key=None, actor=SOMEBODY)
    await webhooks.work()
    [delivery] = await webhooks.log(endpoint.id)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, len(PAUSES) + 3)


async def test_successful_delivery_can_be_sent_again(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint()
    await webhooks.shop.product()
    await webhooks.work()
    [delivery] = await webhooks.log(endpoint.id)
    await webhooks.retry(endpoint.id, delivery.id, key=None, actor=SOMEBODY)
    assert await webhooks.work() == 1
    assert len({message.message_id for message in webhooks.subscribers.messages}) == 1


async def test_delivery_retry_is_executed_only_once_per_idempotency_key(webhooks: Webhooks) -> None:
    endpoint = await webhooks.endpoint()
    await webhooks.shop.product()
    await webhooks.work()
    [delivery] = await webhooks.log(endpoint.id)
    key = webhooks.shop.commands.key(
        delivery.id, operation=IdempotentOperation.RETRY_WEBHOOK_DELIVERY, key="one"
    )
    first = await webhooks.retry(endpoint.id, delivery.id, key=key, actor=SOMEBODY)
    await webhooks.work()
    second = await webhooks.retry(endpoint.id, delivery.id, key=key, actor=SOMEBODY)
    assert (second.replayed, second.result) == (True, first.result)
    assert await webhooks.work() == 0


async def test_unknown_delivery_cannot_be_retried(webhooks: Webhooks) -> None:
    endpoint, other = await webhooks.endpoint(), await webhooks.endpoint(BOB)
    await webhooks.shop.product()
    await webhooks.work()
    [delivery] = await webhooks.log(endpoint.id)
    with pytest.raises(NotFound):
        await webhooks.retry(other.id, delivery.id, key=None, actor=SOMEBODY)
    with pytest.raises(NotFound):
        await webhooks.retry(endpoint.id, DeliveryId(webhooks.shop.ids.new()), key=None, actor=SOMEBODY)
