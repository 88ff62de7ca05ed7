"""Expired orders without a payment are pruned.

A retry with the idempotency key of a pruned order never places a second order.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from application.orders.access import OrderAccess
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.ports import OrderHasExpired
from application.orders.views import OrderView
from application.shared.idempotency import IdempotencyKeyReused
from domain.orders.lifecycle import OrderStatus
from domain.orders.order_state import key_of
from domain.shared.errors import NotFound
from tests.invariants import assert_invariants, every_order
from tests.kit.actors import STAFF
from tests.kit.examples import an_order
from tests.kit.shop import HOLD, Shop

RETENTION = timedelta(days=30)


async def prune(shop: Shop) -> None:
    await shop.retention.prune_expired_orders()()


async def prune_idempotency_records(shop: Shop) -> None:
    await shop.store.replays.prune(before=datetime.now(UTC) + timedelta(days=36500), limit=1000)


async def expired_order(shop: Shop, command: PlaceOrderCommand) -> OrderView:
    order = (await shop.place_order(command)).result
    shop.clock.advance(HOLD)
    assert await shop.expire() == 1
    return order


async def command_of_a_customer(shop: Shop, *, stock: int = 2) -> PlaceOrderCommand:
    return shop.commands.place_order((await shop.product(stock=stock), 1), customer=await shop.customer())


@pytest.mark.parametrize("record_is_pruned", [False, True])
async def test_retry_of_a_pruned_order_raises_an_error_that_the_order_has_expired(
    shop: Shop, record_is_pruned: bool
) -> None:
    command = await command_of_a_customer(shop)
    order = await expired_order(shop, command)
    if record_is_pruned:
        await prune_idempotency_records(shop)
    shop.clock.advance(RETENTION + timedelta(seconds=1))
    await prune(shop)
    await prune_idempotency_records(shop)
    for _ in range(2):
        with pytest.raises(OrderHasExpired):
            await shop.place_order(command)
    with pytest.raises(NotFound):
        await shop.get_order(order.id, access=OrderAccess.all())
    assert await every_order(shop) == []
    await assert_invariants(shop, pruned=1)


async def test_idempotency_key_is_rejected_for_another_request_after_order_pruning(shop: Shop) -> None:
    command = await command_of_a_customer(shop)
    await expired_order(shop, command)
    await prune_idempotency_records(shop)
    shop.clock.advance(RETENTION + timedelta(seconds=1))
    await prune(shop)
    other = replace(command, key=replace(command.key, fingerprint=b"of another request"))
    with pytest.raises(IdempotencyKeyReused):
        await shop.place_order(other)


async def test_customer_of_a_pruned_order_can_place_an_order_with_a_new_idempotency_key(shop: Shop) -> None:
    command = await command_of_a_customer(shop, stock=1)
    await expired_order(shop, command)
    shop.clock.advance(RETENTION + timedelta(seconds=1))
    await prune(shop)
    again = replace(command, key=replace(command.key, key="another"))
    shop.commands.keys_sent.add(key_of(again.request.customer_id, "another"))
    assert not (await shop.place_order(again)).replayed
    await assert_invariants(shop, pruned=1)


async def test_batch_places_its_other_orders_if_one_order_was_already_pruned(shop: Shop) -> None:
    command = await command_of_a_customer(shop)
    await expired_order(shop, command)
    shop.clock.advance(RETENTION + timedelta(seconds=1))
    await prune(shop)
    other = await command_of_a_customer(shop)
    late, placed = await shop.batch()([command, other])
    assert isinstance(late, OrderHasExpired)
    assert not isinstance(placed, Exception)
    await assert_invariants(shop, pruned=1)


async def test_expired_order_is_not_pruned_before_the_retention_period_ends(shop: Shop) -> None:
    command = await command_of_a_customer(shop)
    order = await expired_order(shop, command)
    shop.clock.advance(RETENTION)
    await prune(shop)
    assert (await shop.current_order(order)).status is OrderStatus.EXPIRED


async def test_pruning_keeps_unexpired_orders_and_expired_orders_with_a_payment(shop: Shop) -> None:
    mug = await shop.product(stock=9)
    unpaid = await expired_order(shop, shop.commands.place_order((mug, 1), customer=await shop.customer()))
    declined = await shop.order(mug)
    await shop.pay(declined, "tok_declined")
    shop.clock.advance(HOLD)
    await shop.expire()
    cancelled, confirmed, pending = await shop.order(mug), await shop.order(mug), await shop.order(mug)
    await shop.cancel(cancelled)
    await shop.pay(confirmed)
    shop.clock.advance(RETENTION + timedelta(days=1))
    await prune(shop)
    assert {order.id for order in await every_order(shop)} == {
        each.id for each in (declined, cancelled, confirmed, pending)
    }
    assert unpaid.id not in {order.id for order in await every_order(shop)}
    await assert_invariants(shop, pruned=1)


async def test_retry_of_a_pruned_order_of_a_former_release_is_rejected_as_expired(shop: Shop) -> None:
    command = await command_of_a_customer(shop)
    product = await shop.get_product(command.request.lines[0].product_id, include_archived=True)
    order = an_order(
        shop.ids, (product, 1), customer=command.request.customer_id, actor=STAFF, key=command.key.key
    )
    order.expire(now=order.expires_at, actor=STAFF)
    async with shop.store.unit_of_work() as work:
        await work.orders.add([order])
        await work.commit()
    shop.clock.advance(RETENTION * 2)
    await prune(shop)
    for fingerprint in (command.key.fingerprint, b"of another request"):
        with pytest.raises(OrderHasExpired):
            await shop.place_order(replace(command, key=replace(command.key, fingerprint=fingerprint)))


async def test_pruning_skips_orders_with_locked_rows(shop: Shop) -> None:
    orders = [await expired_order(shop, await command_of_a_customer(shop)) for _ in range(3)]
    later = shop.clock.now() + timedelta(days=1)
    async with shop.store.unit_of_work() as work:
        await work.orders.get(orders[0].id)
        assert await shop.store.expired_orders.prune(before=later, limit=1) == 1
        assert await shop.store.expired_orders.prune(before=later, limit=9) == 1
    assert [order.id for order in await every_order(shop)] == [orders[0].id]
    assert await shop.store.expired_orders.prune(before=later, limit=9) == 1
    assert await shop.store.expired_orders.prune(before=later, limit=9) == 0
