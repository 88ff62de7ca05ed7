"""If an expired order is pruned during a late retry, the retry never places a second order."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.orders.expired_orders import PostgresExpiredOrders
from application.orders.ports import OrderExists, OrderHasExpired
from domain.orders.guest import Guest
from domain.shared.ids import ClientId
from domain.users.email_address import EmailAddress
from tests.integration.postgres.sent import statements_of
from tests.integration.postgres.test_lock_order import one_transaction_waits
from tests.invariants import assert_invariants
from tests.kit.actors import STAFF
from tests.kit.examples import an_order
from tests.kit.shop import HOLD, Shop

ORDERS = 40


async def prune_idempotency_records(shop: Shop) -> None:
    await shop.store.replays.prune(before=datetime.now(UTC) + timedelta(days=1), limit=1000)


@pytest.mark.parametrize("is_guest", [False, True])
async def test_retry_of_an_order_that_is_being_pruned_places_no_second_order(
    shop: Shop, psql: asyncpg.Connection, is_guest: bool
) -> None:
    mug = await shop.product(stock=1000)
    guest = Guest(email=EmailAddress.of("ann", "example.com"))
    customers = [guest if is_guest else await shop.customer() for _ in range(4)]
    client = ClientId(shop.ids.new()) if is_guest else None
    commands = [
        shop.commands.place_order((mug, 1), customer=customers[number % 4], placed_by=client)
        for number in range(ORDERS)
    ]
    placed = {command.key: (await shop.place_order(command)).result.id for command in commands}
    shop.clock.advance(HOLD)
    assert await shop.expire() == ORDERS
    await prune_idempotency_records(shop)
    before = shop.clock.now() + timedelta(seconds=1)

    async def prune() -> int:
        pruned = 0
        while pruned < ORDERS:
            pruned += await shop.store.expired_orders.prune(before=before, limit=3)
        return pruned

    async def retry(number: int) -> None:
        command = commands[number]
        while True:
            try:
                result = await shop.place_order(command)
            except OrderHasExpired:
                return
            assert result.replayed
            assert result.result.id == placed[command.key]

    pruned, *_ = await asyncio.gather(prune(), *map(retry, range(ORDERS)))
    assert pruned == ORDERS
    assert await psql.fetchval("SELECT count(*) FROM orders") == 0
    assert await psql.fetchval("SELECT reserved FROM stocks") == 0
    await assert_invariants(shop, pruned=ORDERS)


async def test_pruning_of_an_order_waits_for_a_concurrent_retry_of_the_order(
    shop: Shop, psql: asyncpg.Connection
) -> None:
    mug = await shop.product(stock=9)
    command = shop.commands.place_order((mug, 1), customer=await shop.customer())
    await shop.place_order(command)
    shop.clock.advance(HOLD)
    await shop.expire()
    await prune_idempotency_records(shop)
    before = shop.clock.now() + timedelta(seconds=1)
    async with shop.store.unit_of_work() as retry:
        await retry.idempotency.store({command.key: mug})
        await retry.flush()
        pruning = asyncio.create_task(shop.store.expired_orders.prune(before=before, limit=9))
        await one_transaction_waits(psql)
        second = an_order(
            shop.ids, (mug, 1), customer=command.request.customer_id, actor=STAFF, key=command.key.key
        )
        await retry.orders.add([second])
        with pytest.raises(OrderExists):
            await retry.flush()
    assert await pruning == 1
    with pytest.raises(OrderHasExpired):
        await shop.place_order(command)
    await assert_invariants(shop, pruned=1)


async def test_each_pruning_run_starts_after_the_last_order_of_the_previous_run(
    shop: Shop, engine: AsyncEngine
) -> None:
    """Orders with a payment are never pruned. A later run must not read these orders again."""
    mug = await shop.product(stock=9)
    for _ in range(3):
        await shop.pay(await shop.order(mug), "tok_declined")
    unpaid = [await shop.order(mug) for _ in range(2)]
    shop.clock.advance(HOLD)
    assert await shop.expire() == 5
    before = shop.clock.now() + timedelta(seconds=1)
    expired_orders = PostgresExpiredOrders(engine, examined_at_once=2)

    assert await expired_orders.prune(before=before, limit=1) == 1
    with statements_of(engine) as sent:
        assert await expired_orders.prune(before=before, limit=1) == 1
    assert unpaid[0].id in sent[0][1]
    assert await expired_orders.prune(before=before, limit=1) == 0
