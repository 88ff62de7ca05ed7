import asyncio

import pytest

from application.catalog.views import ProductView
from application.orders.access import OrderAccess
from application.orders.ports import OrderExists
from application.orders.views import OrderView, StatusChangeView
from application.shared.errors import Overloaded
from application.shared.idempotency import UNVERIFIABLE, StoredResult
from application.users.views import UserView
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.order import Order
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, UserId
from domain.shared.money import MAX_AMOUNT
from tests.invariants import history
from tests.kit.actors import STAFF
from tests.kit.examples import NOW, UNICODE, an_order
from tests.kit.shop import Shop


async def add(shop: Shop, *orders: Order) -> None:
    async with shop.store.unit_of_work() as work:
        await work.orders.add(orders)
        await work.commit()


async def a_customer_and_a_product(shop: Shop, *, price: int = 1000) -> tuple[UserView, ProductView]:
    return await shop.customer(), await shop.product(price=price)


async def test_saved_order_is_read_back_unchanged(shop: Shop) -> None:
    ann, dear = await a_customer_and_a_product(shop, price=(MAX_AMOUNT - 3) // 2)
    cheap, free = await shop.product(price=1, name=UNICODE), await shop.product(price=0)
    order = an_order(shop.ids, (dear, 2), (free, 1_000_000), (cheap, 3), customer=ann.id, actor=STAFF)
    view = OrderView.of(order)
    assert view.total.amount == MAX_AMOUNT
    await add(shop, order)
    async with shop.store.unit_of_work() as work:
        read = await work.orders.get(order.id)
    assert read is not None
    assert OrderView.of(read) == view
    assert read.idempotency_key == order.idempotency_key
    assert read.changes == []
    assert read.events == []
    assert await shop.store.orders.get(order.id, access=OrderAccess.all()) == view
    found = await shop.store.orders.get_by_key(ann.id, order.idempotency_key)
    assert found == StoredResult(b"", view, UNVERIFIABLE)


async def test_saved_order_without_shipping_address_and_note_is_read_back_unchanged(shop: Shop) -> None:
    mug = await shop.product(stock=1)
    order = await shop.order(mug)
    assert (order.shipping_address, order.note, order.metadata) == (None, None, {})
    assert await shop.store.orders.get(order.id, access=OrderAccess.all()) == order


async def test_unknown_order_is_not_found(shop: Shop) -> None:
    ann = await shop.customer()
    async with shop.store.unit_of_work() as work:
        assert await work.orders.get(OrderId(shop.ids.new())) is None
        await work.orders.add([])
    assert await shop.store.orders.get(OrderId(shop.ids.new()), access=OrderAccess.all()) is None
    assert await shop.store.orders.get_by_key(ann.id, "key") is None


async def test_order_of_an_unknown_customer_is_rejected(shop: Shop) -> None:
    mug = await shop.product()
    with pytest.raises(Exception):  # noqa: B017, PT011 - the type of the exception depends on the adapter
        await add(shop, an_order(shop.ids, (mug, 1), customer=UserId(shop.ids.new()), actor=STAFF))
    assert (await shop.store.outbox.counts())["order.placed"] == 0


async def test_order_repository_rejects_a_second_order_with_the_same_idempotency_key(shop: Shop) -> None:
    ann, mug = await a_customer_and_a_product(shop)
    bob = await shop.customer()
    first = an_order(shop.ids, (mug, 1), customer=ann.id, actor=STAFF, key="k")
    await add(shop, first)
    with pytest.raises(OrderExists):
        await add(
            shop,
            an_order(shop.ids, (mug, 1), customer=bob.id, actor=STAFF, key="k"),
            an_order(shop.ids, (mug, 1), customer=ann.id, actor=STAFF, key="k"),
        )
    assert await shop.store.orders.get_by_key(bob.id, "k") is None
    await add(shop, an_order(shop.ids, (mug, 1), customer=bob.id, actor=STAFF, key="k"))
    found = await shop.store.orders.get_by_key(ann.id, "k")
    assert found
    assert found.result.id == first.id


async def test_idempotency_key_can_be_used_again_if_its_order_was_not_committed(shop: Shop) -> None:
    ann, mug = await a_customer_and_a_product(shop)
    async with shop.store.unit_of_work() as work:
        await work.orders.add([an_order(shop.ids, (mug, 1), customer=ann.id, actor=STAFF)])
    await add(shop, an_order(shop.ids, (mug, 1), customer=ann.id, actor=STAFF))


async def test_each_change_of_an_order_adds_one_history_row(shop: Shop) -> None:
    ann, mug = await a_customer_and_a_product(shop)
    order = an_order(shop.ids, (mug, 1), customer=ann.id, actor=Actor(ann.id, "request-1"))
    await add(shop, order)
    async with shop.store.unit_of_work() as work:
        locked = await work.orders.get(order.id)
        assert locked
        locked.cancel(UNICODE, now=NOW, actor=STAFF)
        await work.orders.save([locked])
        await work.orders.save([locked])
        await work.commit()
    view = await shop.store.orders.get(order.id, access=OrderAccess.all())
    assert view == OrderView.of(locked)
    assert view.status is OrderStatus.CANCELLED
    assert await history(shop, view) == [
        StatusChangeView(
            action=Action.PLACE,
            source=None,
            target=OrderStatus.PENDING_PAYMENT,
            reason=None,
            actor_id=ann.id,
            request_id="request-1",
            at=NOW,
        ),
        StatusChangeView(
            action=Action.CANCEL,
            source=OrderStatus.PENDING_PAYMENT,
            target=OrderStatus.CANCELLED,
            reason=UNICODE,
            actor_id=None,
            request_id=STAFF.request_id,
            at=NOW,
        ),
    ]
    assert (await shop.store.outbox.counts(of=[order.id]))["order.cancelled"] == 1


async def test_order_with_a_total_of_zero_is_saved_with_two_history_rows(shop: Shop) -> None:
    ann, free = await a_customer_and_a_product(shop, price=0)
    order = an_order(shop.ids, (free, 1), customer=ann.id, actor=STAFF)
    await add(shop, order)
    view = OrderView.of(order)
    assert [change.target for change in await history(shop, view)] == [
        OrderStatus.PENDING_PAYMENT,
        OrderStatus.CONFIRMED,
    ]


async def test_order_history_is_listed_oldest_first(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=1))
    await shop.cancel(order)
    first = await shop.store.orders.history(order.id, after=None, limit=1)
    assert [change.action for change in first.items] == [Action.PLACE]
    second = await shop.store.orders.history(order.id, after=first.next, limit=1)
    assert [change.action for change in second.items] == [Action.CANCEL]
    assert second.next is None


async def test_row_lock_of_an_order_is_released_when_the_unit_of_work_ends(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=1))

    async def try_to_get() -> None:
        async with shop.store.unit_of_work_with_short_timeout() as another:
            await another.orders.get(order.id)

    async with shop.store.unit_of_work() as work:
        await work.orders.get(order.id)
        with pytest.raises(Overloaded):
            await try_to_get()
        assert await shop.store.orders.get(order.id, access=OrderAccess.all()) == order
    await try_to_get()


async def test_saving_a_stale_version_of_an_order_fails(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=1))
    async with shop.store.unit_of_work() as work:
        stale = await work.orders.get(order.id)
    assert stale
    await shop.cancel(order)
    stale.cancel(None, now=NOW, actor=STAFF)
    async with shop.store.unit_of_work() as work:
        await work.orders.get(order.id)
        with pytest.raises(Exception):  # noqa: B017, PT011 - the type of the exception depends on the adapter
            await work.orders.save([stale])
    assert (await shop.get_order(order.id, access=OrderAccess.all())).status is OrderStatus.CANCELLED


async def test_only_one_of_several_concurrent_orders_with_one_idempotency_key_is_stored(shop: Shop) -> None:
    ann, mug = await a_customer_and_a_product(shop)
    orders = [an_order(shop.ids, (mug, 1), customer=ann.id, actor=STAFF) for _ in range(10)]
    outcomes = await asyncio.gather(*(add(shop, order) for order in orders), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, OrderExists) for outcome in outcomes) == 9
