"""Unpaid orders expire and release stock, at the latest when another order needs the stock."""

import asyncio
from datetime import timedelta

import pytest

from domain.orders.lifecycle import OrderStatus
from domain.orders.placing import OutOfStock
from tests.invariants import assert_invariants, history
from tests.kit.actors import STAFF
from tests.kit.shop import HOLD, Shop

MOMENT = timedelta(microseconds=1)


async def test_order_keeps_its_stock_reserved_until_its_expiry_time(shop: Shop) -> None:
    mug = await shop.product(stock=1)
    order = await shop.order(mug)
    shop.clock.advance(HOLD - MOMENT)
    assert await shop.expire() == 0
    with pytest.raises(OutOfStock):
        await shop.order(mug)
    shop.clock.advance(MOMENT)
    assert await shop.expire() == 1
    expired = await shop.current_order(order)
    assert expired.status is OrderStatus.EXPIRED
    assert (await history(shop, expired))[-1].actor_id is None
    assert (await shop.get_stock(mug.id)).available == 1
    await assert_invariants(shop)


async def test_paid_or_canceled_order_never_expires(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    paid, cancelled = await shop.order(mug), await shop.order(mug)
    await shop.pay(paid)
    await shop.cancel(cancelled)
    shop.clock.advance(HOLD)
    assert await shop.expire() == 0
    await assert_invariants(shop)


async def test_expiry_job_begins_with_the_orders_that_have_been_due_the_longest(shop: Shop) -> None:
    mug = await shop.product(stock=9)
    orders = []
    for _ in range(3):
        orders.append(await shop.order(mug))
        shop.clock.advance(MOMENT)
    shop.clock.advance(HOLD)
    assert [await shop.expire_orders(limit=2, actor=STAFF) for _ in range(3)] == [2, 1, 0]
    await assert_invariants(shop)


async def test_concurrent_expiry_jobs_expire_each_order_only_once(shop: Shop) -> None:
    mug = await shop.product(stock=20)
    for _ in range(20):
        await shop.order(mug)
    shop.clock.advance(HOLD)
    expired = await asyncio.gather(*(shop.expire_orders(limit=3, actor=STAFF) for _ in range(6)))
    assert sum(expired) + await shop.expire() == 20
    assert (await shop.get_stock(mug.id)).available == 20
    await assert_invariants(shop)


async def test_new_order_gets_the_stock_of_ended_holds_before_the_expiry_job_runs(shop: Shop) -> None:
    mug, cup = await shop.product(stock=2), await shop.product(stock=2)
    ann = await shop.customer()
    command = shop.commands.place_order((mug, 2), (cup, 1), customer=ann)
    held = (await shop.place_order(command)).result
    shop.clock.advance(HOLD)
    assert (
        await shop.preview_order(shop.commands.place_order((mug, 1), customer=ann).request)
    ).total.amount == 1000
    await shop.order(mug, 2)
    assert (await shop.current_order(held)).status is OrderStatus.EXPIRED
    assert (await shop.get_stock(cup.id)).reserved == 0
    await assert_invariants(shop)


async def test_new_order_does_not_release_ended_holds_of_other_products(shop: Shop) -> None:
    mug, cup = await shop.product(stock=300), await shop.product(stock=1)
    for _ in range(3):
        await shop.order(mug, 100)
    await shop.order(cup)
    shop.clock.advance(HOLD)
    await shop.order(mug, 150)
    assert (await shop.get_stock(cup.id)).reserved == 1
    await assert_invariants(shop)


async def test_concurrent_new_orders_can_use_all_stock_of_ended_holds(shop: Shop) -> None:
    mug = await shop.product(stock=10)
    for _ in range(5):
        await shop.order(mug, 2)
    shop.clock.advance(HOLD)
    processes = [shop.other_process() for _ in range(4)]
    commands = [shop.commands.place_order((mug, 1), customer=await shop.customer()) for _ in range(20)]
    answers = await asyncio.gather(
        *(processes[number % 4](command) for number, command in enumerate(commands)),
        *(shop.expire() for _ in range(3)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, OutOfStock) for answer in answers) == 10
    assert (await shop.get_stock(mug.id)).available == 0
    await assert_invariants(shop)


async def test_order_rejected_as_out_of_stock_leaves_active_holds_unchanged(shop: Shop) -> None:
    mug = await shop.product(stock=1)
    order = await shop.order(mug)
    with pytest.raises(OutOfStock):
        await shop.order(mug)
    assert await shop.current_order(order) == order
