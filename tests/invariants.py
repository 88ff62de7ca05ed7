"""What is true of the shop at every moment, whatever happened before."""

from collections import Counter

from application.catalog.ports import ProductFilter, ProductSort
from application.catalog.views import MovementView, ProductView
from application.orders.ports import OrderFilter
from application.orders.views import OrderView, StatusChangeView
from application.shared.page import Page, Position
from domain.orders.lifecycle import Action, OrderStatus
from domain.shared.ids import ProductId
from tests.kit.shop import Shop
from tests.kit.walking import walk

PORTION = 100
HOLDING = {OrderStatus.PENDING_PAYMENT, OrderStatus.CONFIRMED}
EVENTS = {
    Action.PLACE: "order.placed",
    Action.CONFIRM: "order.confirmed",
    Action.CANCEL: "order.cancelled",
}


async def assert_invariants(shop: Shop) -> None:
    """Read the whole shop, and check every rule that no race, refusal or crash may break."""
    orders = await every_order(shop)
    await assert_stock_is_what_orders_and_ledger_say(shop, orders)
    assert_totals_are_the_sums_of_lines(orders)
    await assert_one_order_for_each_key(shop, orders)
    await assert_each_change_has_one_row_and_one_event(shop, orders)


async def every_product(shop: Shop) -> list[ProductView]:
    async def page_after(after: Position | None) -> Page[ProductView]:
        return await shop.store.products.list(
            ProductFilter(status=None),
            sort=ProductSort.CREATED_AT,
            descending=False,
            after=after,
            limit=PORTION,
        )

    return await walk(page_after)


async def every_order(shop: Shop) -> list[OrderView]:
    async def page_after(after: Position | None) -> Page[OrderView]:
        return await shop.store.orders.list(OrderFilter(), descending=False, after=after, limit=PORTION)

    return await walk(page_after)


async def ledger(shop: Shop, product_id: ProductId) -> list[MovementView]:
    """Return every movement of a product's stock, the first first."""

    async def page_after(after: Position | None) -> Page[MovementView]:
        return await shop.store.stocks.movements(product_id, after=after, limit=PORTION)

    return list(reversed(await walk(page_after)))


async def history(shop: Shop, order: OrderView) -> list[StatusChangeView]:
    async def page_after(after: Position | None) -> Page[StatusChangeView]:
        return await shop.store.orders.history(order.id, after=after, limit=PORTION)

    return await walk(page_after)


async def assert_stock_is_what_orders_and_ledger_say(shop: Shop, orders: list[OrderView]) -> None:
    """Check I2, I3, I4: nothing is oversold, what is reserved has its orders, and the ledger adds up."""
    held: Counter[ProductId] = Counter()
    for order in orders:
        if order.status in HOLDING:
            for line in order.lines:
                held[line.product_id] += line.quantity - line.fulfilled
    for product in await every_product(shop):
        stock = await shop.get_stock(product.id)
        assert 0 <= stock.reserved <= stock.on_hand, "I2"
        assert stock.reserved == held[product.id], "I3"
        assert stock.available == product.available == stock.on_hand - stock.reserved
        on_hand = reserved = 0
        for movement in await ledger(shop, product.id):
            on_hand += movement.on_hand_delta
            reserved += movement.reserved_delta
            assert (movement.on_hand, movement.reserved) == (on_hand, reserved), "I4"
        assert (stock.on_hand, stock.reserved) == (on_hand, reserved), "I4"


def assert_totals_are_the_sums_of_lines(orders: list[OrderView]) -> None:
    """Check I7."""
    for order in orders:
        assert order.total.amount == sum(line.unit_price.amount * line.quantity for line in order.lines), "I7"
        assert {line.unit_price.currency for line in order.lines} == {order.currency}, "I7"


async def assert_one_order_for_each_key(shop: Shop, orders: list[OrderView]) -> None:
    """Check I8: the orders are those of the keys that were sent, one for one."""
    by_key = [await shop.store.orders.get_by_key(*sent) for sent in shop.keys_sent]
    assert sorted(order.id for order in by_key if order) == sorted(order.id for order in orders), "I8"


async def assert_each_change_has_one_row_and_one_event(shop: Shop, orders: list[OrderView]) -> None:
    """Check I9."""
    rows: Counter[Action] = Counter()
    for order in orders:
        changes = await history(shop, order)
        assert len(changes) == order.version, "I9"
        assert [change.target for change in changes[:-1]] == [change.source for change in changes[1:]], "I9"
        assert changes[-1].target is order.status, "I9"
        rows.update(change.action for change in changes)
    for action, event_type in EVENTS.items():
        assert await shop.store.outbox.count(event_type) == rows[action], "I9"
