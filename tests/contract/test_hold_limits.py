"""The holds of unpaid orders are limited, even if requests reach several processes concurrently."""

import asyncio
from collections import Counter

import pytest

from domain.orders.hold_limits import EmailNotVerified, HoldLimits, TooManyUnitsHeld, TooManyUnpaidOrders
from tests.invariants import assert_invariants, every_order
from tests.kit.actors import SOMEBODY
from tests.kit.shop import HOLD, Shop


def limit(shop: Shop, *, orders: int = 0, units: int = 0, verified: bool = False) -> None:
    shop.hold_limits = HoldLimits(
        max_unpaid_orders=orders, max_units_held=units, requires_verified_email=verified
    )
    shop.place_order = shop.other_process()


async def test_order_above_the_limit_of_unpaid_orders_is_rejected(shop: Shop) -> None:
    limit(shop, orders=2)
    mug, ann = await shop.product(stock=9), await shop.customer()
    first, _ = [await shop.order(mug, customer=ann) for _ in range(2)]
    with pytest.raises(TooManyUnpaidOrders) as refusal:
        await shop.order(mug, customer=ann)
    assert refusal.value.params == {"allowed": 2}
    await shop.order(mug, customer=await shop.customer())
    await shop.pay(first)
    await shop.order(mug, customer=ann)
    await assert_invariants(shop)


async def test_limit_of_unpaid_orders_counts_only_orders_with_an_active_hold(shop: Shop) -> None:
    limit(shop, orders=1, units=1)
    mug, ann = await shop.product(stock=9), await shop.customer()
    await shop.order(mug, customer=ann)
    shop.clock.advance(HOLD)
    await shop.order(mug, customer=ann)
    await assert_invariants(shop)


async def test_order_above_the_limit_of_unpaid_units_of_a_product_is_rejected(shop: Shop) -> None:
    limit(shop, units=5)
    mug, cup, ann = await shop.product(stock=20), await shop.product(stock=20), await shop.customer()
    await shop.place_order(shop.commands.place_order((mug, 3), (cup, 5), customer=ann))
    with pytest.raises(TooManyUnitsHeld) as refusal:
        await shop.place_order(shop.commands.place_order((mug, 3), (cup, 1), customer=ann))
    assert refusal.value.params == {"allowed": 5}
    reported = [(violation.path, violation.params) for violation in refusal.value.violations]
    assert reported == [
        (("lines", 0, "quantity"), {"sku": mug.sku, "requested": 3, "held": 3, "allowed": 5}),
        (("lines", 1, "quantity"), {"sku": cup.sku, "requested": 1, "held": 5, "allowed": 5}),
    ]
    await shop.place_order(shop.commands.place_order((mug, 2), customer=ann))
    await assert_invariants(shop)


async def test_paid_units_do_not_count_toward_the_limit_of_unpaid_units(shop: Shop) -> None:
    limit(shop, orders=1, units=5)
    mug, ann = await shop.product(stock=20), await shop.customer()
    for _ in range(3):
        await shop.pay(await shop.order(mug, 5, customer=ann))
    await assert_invariants(shop)


@pytest.mark.parametrize("max_batch", [1, 64])
@pytest.mark.parametrize(("orders", "units"), [(3, 0), (0, 3)])
async def test_hold_limits_apply_to_concurrent_orders_in_many_processes(
    shop: Shop, orders: int, units: int, max_batch: int
) -> None:
    """To test the limit on the number of orders, each order is for another product.

    If all orders were for one product, the lock on the product's stock would serialize the orders.
    """
    limit(shop, orders=orders, units=units)
    ann = await shop.customer()
    products = [await shop.product(stock=20) for _ in range(1 if units else 12)]
    processes = [shop.other_process(max_batch=max_batch) for _ in range(4)]
    answers = await asyncio.gather(
        *(
            processes[number % 4](
                shop.commands.place_order((products[number % len(products)], 1), customer=ann)
            )
            for number in range(12)
        ),
        return_exceptions=True,
    )
    refused = TooManyUnpaidOrders if orders else TooManyUnitsHeld
    assert Counter(type(answer) for answer in answers)[refused] == 9
    assert len(await every_order(shop)) == 3
    await assert_invariants(shop)


async def test_retry_of_an_order_is_replayed_even_if_the_unpaid_order_limit_is_reached(shop: Shop) -> None:
    limit(shop, orders=1)
    mug, ann = await shop.product(stock=9), await shop.customer()
    placing = shop.commands.place_order((mug, 1), customer=ann)
    first = await shop.place_order(placing)
    again = await shop.place_order(placing)
    assert (again.replayed, again.result.id) == (True, first.result.id)


async def test_customer_can_hold_stock_only_after_the_required_email_verification(shop: Shop) -> None:
    limit(shop, verified=True)
    mug, ann = await shop.product(stock=9), await shop.customer()
    with pytest.raises(EmailNotVerified):
        await shop.order(mug, customer=ann)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(ann.id)
        assert user is not None
        user.email_verified = True
        await work.users.save(user)
        await work.commit()
    await shop.order(mug, customer=ann)
    await assert_invariants(shop)
