"""The idempotency key of an order stays reserved after the idempotency record is pruned.

The key permanently belongs to the customer of the order.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.system import SystemClock
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.views import OrderView
from application.retention.prune import Prune
from application.shared.idempotency import IdempotencyKeyReused, IdempotentResult
from tests.invariants import assert_invariants
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.examples import an_order
from tests.kit.shop import Shop


async def order_with_pruned_key(shop: Shop, command: PlaceOrderCommand) -> OrderView:
    """Place an order with the command, and prune the order's idempotency record."""
    product = await shop.get_product(command.request.lines[0].product_id, include_archived=True)
    order = an_order(
        shop.ids, (product, 1), customer=command.request.customer_id, actor=STAFF, key=command.key.key
    )
    async with shop.store.unit_of_work() as work:
        await work.orders.add([order])
        await work.commit()
    return OrderView.of(order)


async def test_retry_with_a_pruned_idempotency_key_returns_the_order_if_stock_is_zero(shop: Shop) -> None:
    command = shop.commands.place_order((await shop.product(stock=0), 1), customer=await shop.customer())
    order = await order_with_pruned_key(shop, command)
    for _ in range(2):
        assert await shop.place_order(command) == IdempotentResult(
            order, replayed=True, is_current_state=True
        )


async def test_order_with_a_pruned_key_can_be_retried_after_its_product_was_archived(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    command = shop.commands.place_order((mug, 1), customer=await shop.customer())
    order = await order_with_pruned_key(shop, command)
    await shop.archive_product(mug.id, expected_version=mug.version, actor=SOMEBODY)
    assert await shop.place_order(command) == IdempotentResult(order, replayed=True, is_current_state=True)


async def test_equal_pruned_idempotency_keys_of_two_customers_are_distinguished(shop: Shop) -> None:
    sold_out, mug = await shop.product(stock=0), await shop.product(stock=1)
    ann, bob = await shop.customer(), await shop.customer()
    retried = shop.commands.place_order((sold_out, 1), customer=ann, key="k")
    order = await order_with_pruned_key(shop, retried)
    refused = shop.commands.place_order((sold_out, 1), customer=bob, key="k")
    placed = shop.commands.place_order((mug, 1), customer=bob, key="other")
    answers = await shop.batch()([refused, retried, placed])
    assert [isinstance(answer, IdempotentResult) for answer in answers] == [False, True, True]
    assert answers[1] == IdempotentResult(order, replayed=True, is_current_state=True)


async def test_lookup_of_an_unknown_idempotency_key_finds_no_order(shop: Shop) -> None:
    async with shop.store.unit_of_work() as work:
        assert await work.orders.find_by_keys([]) == {}
        assert await work.orders.find_by_keys([((await shop.customer()).id, "k")]) == {}
    await assert_invariants(shop)


async def test_pruning_does_not_delete_idempotency_records_within_the_retention_period(shop: Shop) -> None:
    ann, bob = await shop.customer(), await shop.customer()
    mug = await shop.product(stock=2)
    orders = [
        (command := shop.commands.place_order((mug, 1), customer=customer), await shop.place_order(command))
        for customer in (ann, bob)
    ]
    now = datetime.now(UTC)
    kept = Prune(shop.store.replays, SystemClock(), timedelta(hours=72))
    await kept()
    assert [await shop.place_order(command) for command, _ in orders] == [
        IdempotentResult(placed.result, replayed=True) for _, placed in orders
    ]
    assert await shop.store.replays.prune(before=now + timedelta(days=1), limit=1) == 1
    assert await shop.store.replays.prune(before=now + timedelta(days=1), limit=9) == 1
    assert [await shop.place_order(command) for command, _ in orders] == [
        IdempotentResult(placed.result, replayed=True, is_current_state=True) for _, placed in orders
    ]


@pytest.mark.parametrize("stock", [1, 2], ids=["sold out", "in stock"])
async def test_idempotency_key_is_rejected_for_another_request_after_record_pruning(
    shop: Shop, stock: int
) -> None:
    command = shop.commands.place_order((await shop.product(stock=stock), 1), customer=await shop.customer())
    placed = await shop.place_order(command)
    await shop.store.replays.prune(before=datetime.now(UTC) + timedelta(days=1), limit=9)
    with pytest.raises(IdempotencyKeyReused):
        await shop.place_order(replace(command, key=replace(command.key, fingerprint=b"of another request")))
    assert await shop.place_order(command) == IdempotentResult(
        placed.result, replayed=True, is_current_state=True
    )
    await assert_invariants(shop)
