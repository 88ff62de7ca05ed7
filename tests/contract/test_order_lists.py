from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from application.orders.access import OrderAccess
from application.orders.ports import OrderFilter
from application.orders.views import OrderView
from application.shared.page import Page, Position
from domain.orders.lifecycle import OrderStatus
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from entrypoints.email_addresses import parse_email_address
from tests.kit.pages import all_items, pages
from tests.kit.shop import Shop

ALL_ORDERS = OrderAccess.all()


async def listed(
    shop: Shop, criteria: OrderFilter, *, access: OrderAccess = ALL_ORDERS, descending: bool = False
) -> list[OrderView]:
    async def page_after(after: Position | None) -> Page[OrderView]:
        return await shop.store.orders.list(
            criteria, access=access, descending=descending, after=after, limit=3
        )

    return await all_items(page_after)


@pytest.mark.parametrize("descending", [False, True])
async def test_order_pages_contain_each_order_only_once_during_concurrent_inserts(
    shop: Shop, descending: bool
) -> None:
    random = Random(7)  # noqa: S311 - the fixed seed makes every run the same
    mug, cup = await shop.product(stock=100), await shop.product(stock=100)
    ann = await shop.customer()

    async def order() -> OrderView:
        shop.clock.advance(timedelta(microseconds=random.randint(0, 1)))
        return (await shop.place_order(shop.commands.place_order((mug, 1), (cup, 2), customer=ann))).result

    there_all_the_time = [await order() for _ in range(10)]

    async def page_after(after: Position | None) -> Page[OrderView]:
        limit = random.randint(1, 3)
        return await shop.store.orders.list(
            OrderFilter(), access=OrderAccess.all(), descending=descending, after=after, limit=limit
        )

    seen: list[OrderView] = []
    async for page in pages(page_after):
        seen += page.items
        if len(seen) < 20:
            await order()
    in_order = sorted(seen, key=lambda order: (order.placed_at, order.id), reverse=descending)
    assert seen == in_order
    assert [order for order in in_order if order in there_all_the_time] == (
        there_all_the_time[::-1] if descending else there_all_the_time
    )
    assert len({order.id for order in seen}) == len(seen)


async def test_orders_can_be_filtered_by_customer_by_status_and_by_time(shop: Shop) -> None:
    mug = await shop.product(stock=100)
    ann, bob = await shop.customer(), await shop.customer()
    moments: list[datetime] = []
    orders: list[OrderView] = []
    for customer in [ann, bob, ann]:
        shop.clock.advance(timedelta(hours=1))
        moments.append(shop.clock.now())
        orders.append(await shop.order(mug, customer=customer))
    first, second, third = orders
    first = await shop.cancel(first)
    pending = OrderStatus.PENDING_PAYMENT
    assert await listed(shop, OrderFilter()) == [first, second, third]
    assert await listed(shop, OrderFilter(customer_id=ann.id)) == [first, third]
    assert await listed(shop, OrderFilter(status=pending)) == [second, third]
    assert await listed(shop, OrderFilter(status=pending, customer_id=ann.id)) == [third]
    assert await listed(shop, OrderFilter(status=OrderStatus.FULFILLED)) == []
    assert await listed(shop, OrderFilter(created_after=moments[1])) == [second, third]
    assert await listed(shop, OrderFilter(created_before=moments[2])) == [first, second]
    assert await listed(shop, OrderFilter(created_after=moments[2] + timedelta(microseconds=1))) == []


async def test_order_lists_of_consecutive_time_windows_contain_each_order_exactly_once(shop: Shop) -> None:
    mug, hour = await shop.product(stock=100), timedelta(hours=1)
    began = shop.clock.now()
    orders = []
    for _ in range(3):
        orders.append(await shop.order(mug))
        shop.clock.advance(hour)
    windows = [
        await listed(
            shop, OrderFilter(created_after=began + hours * hour, created_before=began + (hours + 1) * hour)
        )
        for hours in range(3)
    ]
    assert windows == [[order] for order in orders]


async def test_order_list_contains_the_lines_of_each_order(shop: Shop) -> None:
    mug, cup = await shop.product(stock=100), await shop.product(stock=100)
    ann = await shop.customer()
    await shop.place_order(shop.commands.place_order((mug, 1), customer=ann))
    await shop.place_order(shop.commands.place_order((cup, 3), (mug, 2), customer=ann))
    listed_lines = [
        [(line.product_id, line.quantity) for line in o.lines] for o in await listed(shop, OrderFilter())
    ]
    assert listed_lines == [[(mug.id, 1)], [(cup.id, 3), (mug.id, 2)]]


async def test_order_queries_of_a_customer_return_only_own_orders(shop: Shop) -> None:
    mug = await shop.product(stock=100)
    ann, bob = await shop.customer(), await shop.customer()
    of_ann, of_bob = await shop.order(mug, customer=ann), await shop.order(mug, customer=bob)
    own = OrderAccess.own(ann.id)
    assert await listed(shop, OrderFilter(), access=own) == [of_ann]
    assert await listed(shop, OrderFilter(customer_id=bob.id), access=own) == []
    assert await shop.store.orders.get(of_ann.id, access=own) == of_ann
    assert await shop.store.orders.get(of_bob.id, access=own) is None


async def test_export_returns_every_order_oldest_first(shop: Shop) -> None:
    mug = await shop.product(stock=100)
    orders = [await shop.order(mug) for _ in range(5)]
    export = replace(shop.export_orders, limit=2)
    assert [order async for order in export(OrderFilter())] == orders
    await shop.cancel(orders[0])
    pending = OrderFilter(status=OrderStatus.PENDING_PAYMENT)
    assert (await export.count(OrderFilter()), await export.count(pending)) == (5, 4)


async def test_orders_can_be_found_by_order_number_by_product_and_by_email_address(shop: Shop) -> None:
    mug, cup = await shop.product(stock=9), await shop.product(stock=9)
    ann, bob = await shop.customer(), await shop.customer()
    assert ann.email is not None
    email = parse_email_address(ann.email)
    of_mugs, of_cups = await shop.order(mug, customer=ann), await shop.order(cup, customer=bob)
    assert await listed(shop, OrderFilter(number=of_cups.number)) == [of_cups]
    assert await listed(shop, OrderFilter(number="0000-0000-0000")) == []
    assert await listed(shop, OrderFilter(product_id=mug.id)) == [of_mugs]
    assert await listed(shop, OrderFilter(email=email)) == [of_mugs]
    assert await listed(shop, OrderFilter(email=email, product_id=cup.id)) == []
    assert await listed(shop, OrderFilter(email=email), access=OrderAccess.own(bob.id)) == []


async def test_orders_are_found_by_the_timestamp_of_the_last_change(shop: Shop) -> None:
    mug = await shop.product(stock=9)
    first, second = await shop.order(mug), await shop.order(mug)
    shop.clock.advance(timedelta(minutes=1))
    moment = shop.clock.now()
    await shop.pay(first)
    assert await listed(shop, OrderFilter(updated_after=moment)) == [await shop.current_order(first)]
    assert len(await listed(shop, OrderFilter(updated_after=second.updated_at))) == 2


async def test_orders_are_found_by_payment_and_fulfillment_status(shop: Shop) -> None:
    """A filter by a status finds exactly the orders that have this status."""
    mug = await shop.product(stock=99, price=1000)
    orders = [await shop.order(mug, 2) for _ in range(10)]
    unpaid, paid, cancelled, refunded, partly, authorized, captured, shipped, lines, unfit = orders
    for order in (paid, cancelled, refunded, partly, shipped):
        await shop.pay(order)
    await shop.cancel(cancelled)
    await shop.refund(refunded, 2000)
    await shop.refund(partly, 1)
    await shop.fulfil(partly, 1)
    await shop.authorize(authorized)
    await shop.capture(await shop.authorize(captured), 500)
    await shop.fulfil(shipped)
    await shop.cancel(lines, 1)
    await shop.pay(await shop.current_order(unfit), "tok_declined")
    seen = [await shop.current_order(order) for order in orders]
    payment = {order.payment_status for order in seen}
    assert payment == set(OrderPaymentStatus)
    for status in OrderPaymentStatus:
        found = await listed(shop, OrderFilter(payment_status=status))
        assert found == [order for order in seen if order.payment_status is status]
    assert {order.fulfillment_status for order in seen} == set(FulfillmentStatus)
    for fulfillment in FulfillmentStatus:
        found = await listed(shop, OrderFilter(fulfillment_status=fulfillment))
        assert found == [order for order in seen if order.fulfillment_status is fulfillment]
    assert unpaid in await listed(shop, OrderFilter(payment_status=OrderPaymentStatus.UNPAID))
