"""Staff and service clients place orders for customers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from application.orders.access import OrderAccess
from application.shared.idempotency import IdempotencyKeyReused
from application.users.views import UserView
from domain.orders.hold_limits import HoldLimits, TooManyUnpaidOrders
from domain.shared.errors import ValidationFailed
from domain.shared.ids import CallerId, ClientId, UserId
from domain.users.user import UserStatus
from tests.invariants import assert_invariants, every_order, history
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop


@pytest.fixture
def service_client(shop: Shop) -> CallerId:
    """The id of a service client."""
    return ClientId(shop.ids.new())


async def test_order_placed_by_a_service_client_belongs_to_the_named_customer(
    shop: Shop, service_client: CallerId
) -> None:
    mug, ann, bob = await shop.product(stock=5), await shop.customer(), await shop.customer()
    order = (
        await shop.place_order(shop.commands.place_order((mug, 2), customer=ann, placed_by=service_client))
    ).result
    assert order.customer_id == ann.id
    assert await shop.orders_of(ann) == (order,)
    assert await shop.get_order(order.id, access=OrderAccess.own(ann.id)) == order
    assert await shop.orders_of(bob) == ()
    [placed] = await history(shop, order)
    assert placed.actor_id == service_client
    await shop.pay(order)
    await shop.fulfil(await shop.current_order(order))
    await assert_invariants(shop)


async def test_several_callers_with_equal_idempotency_keys_place_separate_orders(
    shop: Shop, service_client: CallerId
) -> None:
    mug, ann = await shop.product(stock=5), await shop.customer()
    staff = await shop.customer()
    placings = [
        shop.commands.place_order((mug, 1), customer=ann, placed_by=by, key="k")
        for by in (None, service_client, staff.id)
    ]
    orders = [(await shop.place_order(placing)).result for placing in placings]
    assert len({order.id for order in orders}) == 3
    again = [await shop.place_order(placing) for placing in placings]
    assert [(each.replayed, each.result) for each in again] == [(True, order) for order in orders]
    await assert_invariants(shop)


async def test_idempotency_key_used_again_for_another_customer_is_rejected(
    shop: Shop, service_client: CallerId
) -> None:
    mug, ann, bob = await shop.product(stock=5), await shop.customer(), await shop.customer()
    await shop.place_order(
        shop.commands.place_order((mug, 1), customer=ann, placed_by=service_client, key="k")
    )
    with pytest.raises(IdempotencyKeyReused):
        await shop.place_order(
            shop.commands.place_order((mug, 1), customer=bob, placed_by=service_client, key="k")
        )
    assert len(await every_order(shop)) == 1


async def test_retry_of_an_order_for_a_customer_after_pruning_returns_the_order(
    shop: Shop, service_client: CallerId
) -> None:
    mug, ann, bob = await shop.product(stock=5), await shop.customer(), await shop.customer()
    placing = shop.commands.place_order((mug, 1), customer=ann, placed_by=service_client, key="k")
    order = (await shop.place_order(placing)).result
    own = (await shop.place_order(shop.commands.place_order((mug, 1), customer=ann, key="k"))).result
    assert await shop.store.replays.prune(before=datetime.now(UTC) + timedelta(days=1), limit=9) == 2
    again = await shop.place_order(placing)
    assert (again.is_current_state, again.result) == (True, order)
    found = await shop.store.orders.get_by_key(ann.id, "k")
    assert found is not None
    assert found.result == own
    with pytest.raises(IdempotencyKeyReused):
        await shop.place_order(
            shop.commands.place_order((mug, 1), customer=bob, placed_by=service_client, key="k")
        )
    async with shop.store.unit_of_work() as work:
        orders = await work.orders.find_by_keys([(service_client, "k"), (ann.id, "k"), (bob.id, "k")])
    assert {key: stored.result.id for key, stored in orders.items()} == {
        (service_client, "k"): order.id,
        (ann.id, "k"): own.id,
    }


@pytest.mark.parametrize("status", [None, UserStatus.DISABLED, UserStatus.CLOSED])
async def test_order_for_an_account_that_is_not_active_is_rejected(
    shop: Shop, service_client: CallerId, status: UserStatus | None
) -> None:
    mug, customer = await shop.product(stock=5), await shop.customer()
    if status is None:
        customer = replace(customer, id=UserId(shop.ids.new()))
    else:
        await set_status(shop, customer, status)
    placing = shop.commands.place_order((mug, 1), customer=customer, placed_by=service_client)
    shop.commands.keys_sent.clear()
    with pytest.raises(ValidationFailed) as rejected:
        await shop.place_order(placing)
    [violation] = rejected.value.violations
    assert (violation.path, violation.code) == (("customer_id",), "customer_unavailable")
    assert (await shop.get_stock(mug.id)).reserved == 0


async def test_orders_by_any_caller_count_toward_the_unpaid_order_limit_of_the_customer(
    shop: Shop, service_client: CallerId
) -> None:
    shop.hold_limits = HoldLimits(max_unpaid_orders=2)
    mug, ann = await shop.product(stock=5), await shop.customer()
    await shop.order(mug, customer=ann)
    await shop.place_order(shop.commands.place_order((mug, 1), customer=ann, placed_by=service_client))
    for caller in (None, service_client):
        placing = shop.commands.place_order((mug, 1), customer=ann, placed_by=caller)
        with pytest.raises(TooManyUnpaidOrders):
            await shop.place_order(placing)


async def set_status(shop: Shop, customer: UserView, status: UserStatus) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = await work.users.get(customer.id)
        assert user is not None
        user.status = status
        if status is UserStatus.CLOSED:
            user.close(now=shop.clock.now())
        await work.users.save(user)
        await work.commit()
