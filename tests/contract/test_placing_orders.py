"""Each order is placed only once, and each unit is sold only once, even if requests are concurrent."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from application.orders.access import OrderAccess
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.views import OrderView
from application.shared.idempotency import IdempotencyKeyReused, IdempotentResult
from domain.orders.lifecycle import InvalidTransition, OrderStatus
from domain.orders.placing import OutOfStock
from tests.invariants import assert_invariants
from tests.kit.actors import STAFF
from tests.kit.examples import an_order
from tests.kit.racing import random_race, run_concurrently, run_serially, set_up
from tests.kit.shop import Shop
from tests.kit.store import Store, memory_store

Answer = IdempotentResult[OrderView] | BaseException


@pytest.fixture(params=[1, 3, 20])
def processes(request: pytest.FixtureRequest, shop: Shop) -> list[PlaceOrder]:
    """Processes of the service.

    Requests to one process share batches; requests to different processes race.
    """
    return [shop.other_process() for _ in range(request.param)]


async def sent_at_once(
    processes: Sequence[PlaceOrder], commands: Sequence[PlaceOrderCommand]
) -> list[Answer]:
    return await asyncio.gather(
        *(processes[number % len(processes)](command) for number, command in enumerate(commands)),
        return_exceptions=True,
    )


def placed(answers: Sequence[Answer]) -> list[OrderView]:
    return [answer.result for answer in answers if isinstance(answer, IdempotentResult)]


async def test_only_one_of_twenty_concurrent_orders_gets_the_last_unit(
    shop: Shop, processes: list[PlaceOrder]
) -> None:
    mug = await shop.product(stock=1)
    commands = [shop.commands.place_order((mug, 1), customer=await shop.customer()) for _ in range(20)]
    answers = await sent_at_once(processes, commands)
    assert len(placed(answers)) == 1
    assert sum(isinstance(answer, OutOfStock) for answer in answers) == 19
    await assert_invariants(shop)


async def test_only_one_of_twenty_concurrent_orders_gets_the_last_units_of_two_products(
    shop: Shop, processes: list[PlaceOrder]
) -> None:
    mug, cup = await shop.product(stock=1), await shop.product(stock=1)
    lines = [(mug, 1), (cup, 1)]
    commands = [
        shop.commands.place_order(*(lines if number % 2 else lines[::-1]), customer=await shop.customer())
        for number in range(20)
    ]
    answers = await sent_at_once(processes, commands)
    assert len(placed(answers)) == 1
    assert sum(isinstance(answer, OutOfStock) for answer in answers) == 19
    await assert_invariants(shop)


async def test_twenty_concurrent_requests_with_one_idempotency_key_place_one_order(
    shop: Shop, processes: list[PlaceOrder]
) -> None:
    mug = await shop.product(stock=100)
    command = shop.commands.place_order((mug, 2), customer=await shop.customer())
    answers = await sent_at_once(processes, [command] * 20)
    orders = placed(answers)
    assert len(orders) == 20
    assert all(order == orders[0] for order in orders)
    assert sum(isinstance(answer, IdempotentResult) and not answer.replayed for answer in answers) == 1
    assert (await shop.get_stock(mug.id)).reserved == 2
    await assert_invariants(shop)


async def test_only_one_of_twenty_different_orders_with_one_idempotency_key_is_placed(
    shop: Shop, processes: list[PlaceOrder]
) -> None:
    mug = await shop.product(stock=100)
    ann = await shop.customer()
    commands = [shop.commands.place_order((mug, units), customer=ann, key="k") for units in range(1, 21)]
    answers = await sent_at_once(processes, commands)
    assert len(placed(answers)) == 1
    assert sum(isinstance(answer, IdempotencyKeyReused) for answer in answers) == 19
    await assert_invariants(shop)


async def test_duplicate_commands_in_one_batch_place_one_order(shop: Shop) -> None:
    mug = await shop.product(stock=100)
    ann = await shop.customer()
    command, other = (
        shop.commands.place_order((mug, 1), customer=ann, key="k"),
        shop.commands.place_order((mug, 2), customer=ann, key="k"),
    )
    first, duplicate, reused = await shop.batch()([command, command, other])
    assert isinstance(first, IdempotentResult)
    assert duplicate == IdempotentResult(first.result, replayed=True)
    assert isinstance(reused, IdempotencyKeyReused)
    await assert_invariants(shop)


async def test_order_with_the_idempotency_key_of_another_order_is_rejected(shop: Shop) -> None:
    mug = await shop.product(stock=100)
    ann, bob = await shop.customer(), await shop.customer()
    await shop.place_order(shop.commands.place_order((mug, 1), customer=ann, key="k"))
    with pytest.raises(IdempotencyKeyReused):
        await shop.place_order(shop.commands.place_order((mug, 2), customer=ann, key="k"))
    assert not (await shop.place_order(shop.commands.place_order((mug, 2), customer=bob, key="k"))).replayed
    await assert_invariants(shop)


async def test_rejected_order_is_processed_again_if_retried_with_the_same_idempotency_key(shop: Shop) -> None:
    mug = await shop.product(stock=0)
    command = shop.commands.place_order((mug, 1), customer=await shop.customer())
    with pytest.raises(OutOfStock):
        await shop.place_order(command)
    await shop.adjust_stock(shop.commands.adjust_stock((mug, 1)))
    assert not (await shop.place_order(command)).replayed
    await assert_invariants(shop)


async def test_retry_returns_the_order_as_placed_even_if_the_order_was_canceled_later(shop: Shop) -> None:
    mug = await shop.product(stock=1)
    command = shop.commands.place_order((mug, 1), customer=await shop.customer())
    first = await shop.place_order(command)
    await shop.cancel(first.result)
    replay = await shop.place_order(command)
    assert replay == IdempotentResult(first.result, replayed=True)
    await assert_invariants(shop)


async def test_batch_places_its_other_orders_if_one_idempotency_record_was_pruned(
    shop: Shop,
) -> None:
    mug = await shop.product(stock=100)
    ann = await shop.customer()
    command = shop.commands.place_order((mug, 1), customer=ann)
    order = an_order(shop.ids, (mug, 1), customer=ann.id, actor=STAFF, key=command.key.key)
    async with shop.store.unit_of_work() as work:
        await work.orders.add([order])
        await work.commit()
    neighbours = [shop.commands.place_order((mug, 1), customer=await shop.customer()) for _ in range(4)]
    answers = await sent_at_once([shop.place_order], [*neighbours[:2], command, *neighbours[2:]])
    assert [isinstance(answer, IdempotentResult) and answer.replayed for answer in answers] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert placed(answers)[2] == await shop.get_order(order.id, access=OrderAccess.own(ann.id))
    assert (await shop.get_stock(mug.id)).reserved == 4


async def test_rejected_order_does_not_affect_other_orders_of_the_batch(shop: Shop) -> None:
    mug, dear = await shop.product(stock=10), await shop.product(stock=1)
    commands = [
        shop.commands.place_order((mug, 1), customer=await shop.customer()),
        shop.commands.place_order((mug, 1), (dear, 2), customer=await shop.customer()),
        shop.commands.place_order((mug, 1), customer=await shop.customer()),
    ]
    answers = await sent_at_once([shop.place_order], commands)
    assert [type(answer) for answer in answers] == [IdempotentResult, OutOfStock, IdempotentResult]
    assert (await shop.get_stock(mug.id)).reserved == 2
    await assert_invariants(shop)


async def test_unit_released_by_a_cancellation_is_sold_again_at_most_once(
    shop: Shop, processes: list[PlaceOrder]
) -> None:
    mug = await shop.product(stock=1)
    order = await shop.order(mug)
    commands = [shop.commands.place_order((mug, 1), customer=await shop.customer()) for _ in range(20)]
    canceling = asyncio.create_task(shop.cancel(order))
    answers = await sent_at_once(processes, commands)
    await canceling
    assert len(placed(answers)) <= 1
    assert len(placed(answers)) + sum(isinstance(answer, OutOfStock) for answer in answers) == 20
    assert (await shop.get_stock(mug.id)).reserved == len(placed(answers))
    await assert_invariants(shop)


async def test_ten_concurrent_cancellations_of_an_order_release_the_stock_only_once(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    order = await shop.order(mug, quantity=2)
    answers = await asyncio.gather(*(shop.cancel(order) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(answer, InvalidTransition) for answer in answers) == 9
    assert (await shop.get_stock(mug.id)).available == 5
    await assert_invariants(shop)


async def test_concurrent_cancellations_with_one_idempotency_key_have_equal_results(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    command = shop.commands.cancel_order(await shop.order(mug), key="k")
    results = await asyncio.gather(*(shop.cancel_order(command) for _ in range(10)))
    assert {result.result.status for result in results} == {OrderStatus.CANCELLED}
    assert sum(not result.replayed for result in results) == 1
    await assert_invariants(shop)


@pytest.mark.parametrize("seed", range(4))
async def test_concurrent_orders_have_the_same_results_as_orders_placed_in_sequence(
    store: Store, seed: int
) -> None:
    race = random_race(Random(seed))  # noqa: S311 - the seed makes the race repeatable
    race_set_up = await set_up(store, race)
    outcomes, order = await run_concurrently(race_set_up, race)
    assert outcomes == await run_serially(await set_up(memory_store(), race), race, order)
    await assert_invariants(race_set_up.shop)
