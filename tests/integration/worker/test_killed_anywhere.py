"""A worker is killed at different awaits of each job.

The tests are slow, because each kill needs a process.
"""

import os
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from adapters.payments.sandbox.gateway import SandboxGateway
from domain.orders.lifecycle import OrderStatus
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.payment import PaymentMethod
from domain.webhooks.delivery import DeliveryStatus
from tests.invariants import assert_invariants, every_order
from tests.kit.killing import NEVER, workers
from tests.kit.postgres_store import SECRETS_KEY, postgres_store
from tests.kit.shop import HOLD, Shop
from tests.kit.streams import stored_messages
from tests.kit.webhooks import Webhooks
from tests.servers.databases import connected
from tests.servers.nats import nats_server
from tests.servers.subscriber import Subscriber

A_WHILE = timedelta(hours=2)
"""A duration after which the leases of a killed worker have expired."""

STEP = 1 if "STEELYARD_TEST_EFFORT" in os.environ else 12
"""Workers are killed at every 12th await. `make campaign` kills workers at every await."""

Prepare = Callable[[], Awaitable[object]]


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with postgres_store(database_url) as store:
        shop = Shop(store)
        gateway = SandboxGateway(store.sandbox_store, shop.clock, shop.ids, late_by=HOLD)
        shop.gateways[PaymentMethod.SANDBOX] = gateway
        yield shop


@pytest.fixture
async def psql(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with connected(database_url) as connection:
        yield connection


async def kill_everywhere(job: str, prepare: Prepare, shop: Shop, database_url: str, **settings: Any) -> int:
    """Run a job again and again, and kill each worker at a later await, until a worker finishes the job.

    Each worker gets new work. After each kill, another worker finishes the work of the killed worker. Returns the
    number of killed workers.
    """
    killed = 0
    settings |= {"database_url": database_url, "secrets_key": b64encode(SECRETS_KEY).decode()}
    with workers(job, **settings) as at_work:
        await prepare()
        while await at_work.is_killed_at(1 + killed * STEP, now=shop.clock.now()):
            killed += 1
            shop.clock.advance(A_WHILE)
            assert not await at_work.is_killed_at(NEVER, now=shop.clock.now())
            await prepare()
    return killed


async def test_each_order_expires_only_once_although_workers_are_killed(
    shop: Shop, database_url: str
) -> None:
    mug = await shop.product(stock=1000)

    async def prepare() -> None:
        await shop.order(mug)
        shop.clock.advance(HOLD)

    assert await kill_everywhere("expire orders", prepare, shop, database_url) > 3
    assert {order.status for order in await every_order(shop)} == {OrderStatus.EXPIRED}
    assert (await shop.get_stock(mug.id)).available == 1000
    await assert_invariants(shop)


async def test_payment_with_a_lost_response_is_captured_only_once_despite_killed_workers(
    shop: Shop, database_url: str, psql: asyncpg.Connection
) -> None:
    mug = await shop.product(stock=1000)

    async def prepare() -> None:
        await shop.pay(await shop.order(mug), "tok_timeout")
        shop.clock.advance(timedelta(minutes=1))

    assert await kill_everywhere("settle payments", prepare, shop, database_url) > 5
    orders = await every_order(shop)
    assert {(order.status, order.payment_status) for order in orders} == {
        (OrderStatus.CONFIRMED, OrderPaymentStatus.PAID)
    }
    assert await psql.fetchval("SELECT count(*) FROM sandbox_charges") == len(orders)
    await assert_invariants(shop)


async def test_each_refund_is_sent_only_once_although_workers_are_killed(
    shop: Shop, database_url: str, psql: asyncpg.Connection
) -> None:
    mug = await shop.product(stock=1000)

    async def prepare() -> None:
        order = await shop.order(mug)
        await shop.pay(order)
        await shop.cancel(order)

    assert await kill_everywhere("settle payments", prepare, shop, database_url) > 5
    orders = await every_order(shop)
    assert {order.payment_status for order in orders} == {OrderPaymentStatus.REFUNDED}
    given = await psql.fetch("SELECT count(*) AS n FROM sandbox_refunds GROUP BY charge_reference")
    assert Counter(row["n"] for row in given) == {1: len(orders)}
    await assert_invariants(shop)


async def test_each_delivery_is_queued_only_once_although_workers_are_killed(
    shop: Shop, database_url: str
) -> None:
    webhooks = Webhooks(shop)
    endpoint = await webhooks.endpoint()
    killed = await kill_everywhere("relay to webhooks", shop.product, shop, database_url)
    assert killed > 3
    log = [each async for each in _deliveries(webhooks, endpoint.id)]
    assert log == [str(event_id) for event_id in reversed(await _feed(shop))]
    assert len(log) == killed + 1


async def test_each_event_is_delivered_at_least_once_although_workers_are_killed(
    shop: Shop, database_url: str
) -> None:
    subscriber = Subscriber()
    webhooks = Webhooks(shop)
    async with subscriber.server:
        endpoint = await webhooks.endpoint()

        async def prepare() -> None:
            await shop.product()
            await webhooks.relay(limit=100)

        async with connected(database_url) as psql:
            await psql.execute("UPDATE webhook_endpoints SET url = $1", subscriber.url)
        killed = await kill_everywhere(
            "deliver webhooks 1", prepare, shop, database_url, webhooks_to_private_addresses=True
        )
    assert killed > 3
    delivered = await webhooks.deliveries(endpoint.id, status=DeliveryStatus.DELIVERED, after=None, limit=100)
    assert len(delivered.items) == killed + 1
    delivered_ids = [headers["webhook-id"] for headers, _ in subscriber.requests]
    assert set(delivered_ids) == {str(event_id) for event_id in await _feed(shop)}


async def test_events_are_published_exactly_once_in_sequence_although_workers_are_killed(
    shop: Shop, database_url: str, tmp_path: Path
) -> None:
    with nats_server(tmp_path) as server:
        killed = await kill_everywhere("relay to NATS", shop.product, shop, database_url, nats_url=server.url)
        assert killed > 5
        stored = [each.message_id for each in await stored_messages(server.url)]
    assert stored == [str(event_id) for event_id in await _feed(shop)]


async def _deliveries(webhooks: Webhooks, endpoint_id: Any) -> AsyncIterator[str]:
    after = None
    while True:
        page = await webhooks.deliveries(endpoint_id, status=None, after=after, limit=100)
        for delivery in page.items:
            yield str(delivery.event_id)
        if page.next is None:
            return
        after = page.next


async def _feed(shop: Shop) -> list[Any]:
    portion = await shop.store.event_feed.read(after=None, type_=None, limit=1000)
    return [event.id for event in portion.events]
