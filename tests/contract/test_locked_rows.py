"""A locked row delays only the orders that need this row."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from application.catalog.views import ProductView
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import RowsLocked
from application.orders.views import OrderView
from application.shared.errors import Overloaded
from application.shared.idempotency import IdempotentResult
from application.users.views import UserView
from domain.orders.hold_limits import HoldLimits
from domain.orders.placing import OutOfStock
from tests.invariants import assert_invariants
from tests.kit.shop import Shop

SOON = 20
"""The number of seconds after which an order counts as blocked.

Placing an order usually takes milliseconds.
"""


@asynccontextmanager
async def locked(shop: Shop, *products: ProductView) -> AsyncIterator[None]:
    """Hold the stock locks of the products until the context ends."""
    async with shop.store.unit_of_work() as work:
        await work.stocks.lock([product.id for product in products])
        yield


@asynccontextmanager
async def locked_customer(shop: Shop, customer: UserView) -> AsyncIterator[None]:
    async with shop.store.unit_of_work() as work:
        assert await work.users.get(customer.id)
        yield


async def until_in_lanes(process: PlaceOrder, orders: int) -> None:
    """Wait until the lanes of the process contain this number of orders."""
    while len(process.queue.lanes) < orders:  # noqa: ASYNC110 - must poll, because the lane sends no notification
        await asyncio.sleep(0.001)


async def test_batch_skips_only_the_orders_that_need_a_locked_product_row(shop: Shop) -> None:
    mug, cup, pot = [await shop.product(stock=5) for _ in range(3)]
    commands = [
        shop.commands.place_order((cup, 1), customer=await shop.customer()),
        shop.commands.place_order((mug, 1), customer=await shop.customer()),
        shop.commands.place_order((pot, 1), (mug, 1), customer=await shop.customer()),
        shop.commands.place_order((pot, 6), customer=await shop.customer()),
        shop.commands.place_order((pot, 1), customer=await shop.customer()),
    ]
    async with locked(shop, mug):
        outcomes = await asyncio.wait_for(shop.batch()(commands), SOON)
    assert [type(outcome) for outcome in outcomes] == [
        IdempotentResult,
        RowsLocked,
        RowsLocked,
        OutOfStock,
        IdempotentResult,
    ]
    again = await shop.batch()(commands)
    assert [isinstance(outcome, IdempotentResult) and outcome.replayed for outcome in again] == [
        True,
        False,
        False,
        False,
        True,
    ]
    assert [(await shop.get_stock(product.id)).reserved for product in (mug, cup, pot)] == [2, 1, 2]
    await assert_invariants(shop)


@pytest.mark.parametrize("limits", [HoldLimits(), HoldLimits(max_unpaid_orders=5)])
async def test_batch_skips_only_the_orders_that_need_a_locked_customer_row(
    shop: Shop, limits: HoldLimits
) -> None:
    shop.hold_limits = limits
    mug, ann, bob = await shop.product(stock=5), await shop.customer(), await shop.customer()
    commands = [shop.commands.place_order((mug, 1), customer=customer) for customer in (ann, bob)]
    async with locked_customer(shop, ann):
        undecided, placed = await asyncio.wait_for(shop.batch()(commands), SOON)
    assert isinstance(undecided, RowsLocked)
    assert undecided.rows == {ann.id}
    assert isinstance(placed, IdempotentResult)


async def test_order_waits_in_its_lane_until_the_row_is_unlocked(shop: Shop) -> None:
    mug, cup = await shop.product(stock=5), await shop.product(stock=5)
    process = shop.other_process()
    waiting: list[asyncio.Task[IdempotentResult[OrderView]]] = []
    async with locked(shop, mug):
        for number in range(1, 7):
            command = shop.commands.place_order((mug, 1), customer=await shop.customer())
            waiting.append(asyncio.create_task(process(command)))
            # Orders must join the lanes in this sequence. Without the wait, a later order could overtake this
            # order.
            await asyncio.wait_for(until_in_lanes(process, number), SOON)
        for _ in range(5):
            await asyncio.wait_for(
                process(shop.commands.place_order((cup, 1), customer=await shop.customer())), SOON
            )
        assert not any(task.done() for task in waiting)
        assert len(process.queue.lanes) == 6
    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SOON)
    assert [type(answer) for answer in answers] == [IdempotentResult] * 5 + [OutOfStock]
    assert len(process.queue.lanes) == 0
    await assert_invariants(shop)


async def test_retry_of_a_placed_order_does_not_wait_for_locked_rows_of_the_order(shop: Shop) -> None:
    mug, ann = await shop.product(stock=1), await shop.customer()
    command = shop.commands.place_order((mug, 1), customer=ann)
    first = await shop.place_order(command)
    async with locked(shop, mug), locked_customer(shop, ann):
        retry = await asyncio.wait_for(shop.other_process()(command), SOON)
    assert retry == replace(first, replayed=True)


async def test_order_of_two_products_waits_until_both_product_rows_are_unlocked(shop: Shop) -> None:
    mug, cup = await shop.product(stock=5), await shop.product(stock=5)
    process = shop.other_process()
    command = shop.commands.place_order((mug, 1), (cup, 1), customer=await shop.customer())
    async with locked(shop, cup):
        async with locked(shop, mug):
            waiting = asyncio.create_task(process(command))
            await asyncio.wait_for(until_in_lanes(process, 1), SOON)
        assert not waiting.done()
    assert not (await asyncio.wait_for(waiting, SOON)).replayed
    await assert_invariants(shop)


async def test_order_in_a_lane_is_rejected_if_the_row_lock_outlasts_the_timeout(shop: Shop) -> None:
    mug, ann = await shop.product(stock=5), await shop.customer()
    async with locked(shop, mug), shop.store.unit_of_work_with_short_timeout() as work:
        with pytest.raises(Overloaded):
            await work.orders.await_locks(set(), {mug.id})
    async with locked_customer(shop, ann), shop.store.unit_of_work_with_short_timeout() as work:
        with pytest.raises(Overloaded):
            await work.orders.await_locks({ann.id}, {mug.id})


async def test_two_processes_place_every_order_for_a_frequently_ordered_product(shop: Shop) -> None:
    """Both processes also place orders for another product at the same time."""
    hot, quiet = await shop.product(stock=1000), await shop.product(stock=1000)
    customers = [await shop.customer() for _ in range(10)]
    processes = [shop.other_process(max_batch=8), shop.other_process(max_batch=8)]
    answers = await asyncio.wait_for(
        asyncio.gather(
            *(
                process(
                    shop.commands.place_order(
                        (quiet if number % 5 == 0 else hot, 1), customer=customers[number % 10]
                    )
                )
                for number in range(100)
                for process in processes
            )
        ),
        60,
    )
    assert not any(answer.replayed for answer in answers)
    assert (await shop.get_stock(hot.id)).reserved == 160
    assert (await shop.get_stock(quiet.id)).reserved == 40
    assert all(len(process.queue.lanes) == 0 for process in processes)
    await assert_invariants(shop)
