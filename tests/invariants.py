"""Assertions of the shop's invariants, which must hold after every operation."""

from collections import Counter

from application.catalog.ports import ProductFilter, ProductSort
from application.catalog.views import MovementView, ProductView
from application.orders.access import OrderAccess
from application.orders.ports import OrderFilter
from application.orders.views import OrderView, StatusChangeView
from application.payments.views import PaymentView, RefundView
from application.shared.page import Page, Position
from domain.catalog.stock import MovementReason
from domain.orders.lifecycle import TRANSITIONS, Action, OrderStatus
from domain.payments.payment import PaymentStatus
from domain.payments.refund import RefundStatus
from domain.shared.ids import PaymentId, ProductId
from tests.kit.pages import all_items
from tests.kit.shop import Shop

BATCH_SIZE = 100
HOLDING = {OrderStatus.PENDING_PAYMENT, OrderStatus.CONFIRMED}
PAID_AND_ACTIVE = {OrderStatus.CONFIRMED, OrderStatus.FULFILLED}
ROWS = {(row.source, row.action, row.target): row for row in TRANSITIONS}
EVENT_TYPES = {row.event for row in TRANSITIONS if row.event} | {
    event for row in TRANSITIONS for event in row.along
}
REQUESTED = "refund.requested"
"""The event type that reports refunds. Each refund has exactly one event of this type."""
LINES_CANCELLED = "order.lines_cancelled"


async def assert_invariants(shop: Shop, *, pruned: int = 0) -> None:
    """Read the whole shop, and check the rules that hold even after races, rejections and crashes.

    `pruned` is the number of expired orders that were pruned. The events and stock movements of pruned orders are
    still stored.
    """
    orders = await every_order(shop)
    await assert_stock_is_what_orders_and_ledger_say(shop, orders)
    assert_totals_are_the_sums_of_lines(orders)
    await assert_one_order_for_each_key(shop, orders)
    for order in orders:
        await assert_money_is_what_payments_and_refunds_say(shop, order)
    await assert_each_change_has_one_row_and_one_event(shop, orders, pruned=pruned)


async def every_product(shop: Shop) -> list[ProductView]:
    async def page_after(after: Position | None) -> Page[ProductView]:
        return await shop.store.products.list(
            ProductFilter(status=None),
            sort=ProductSort.CREATED_AT,
            descending=False,
            after=after,
            limit=BATCH_SIZE,
        )

    return await all_items(page_after)


async def every_order(shop: Shop) -> list[OrderView]:
    async def page_after(after: Position | None) -> Page[OrderView]:
        return await shop.store.orders.list(
            OrderFilter(), access=OrderAccess.all(), descending=False, after=after, limit=BATCH_SIZE
        )

    return await all_items(page_after)


async def ledger(shop: Shop, product_id: ProductId) -> list[MovementView]:
    """Return every movement of a product's stock, oldest first."""

    async def page_after(after: Position | None) -> Page[MovementView]:
        return await shop.store.stocks.movements(product_id, after=after, limit=BATCH_SIZE)

    return list(reversed(await all_items(page_after)))


async def history(shop: Shop, order: OrderView) -> list[StatusChangeView]:
    async def page_after(after: Position | None) -> Page[StatusChangeView]:
        return await shop.store.orders.history(order.id, after=after, limit=BATCH_SIZE)

    return await all_items(page_after)


async def assert_stock_is_what_orders_and_ledger_say(shop: Shop, orders: list[OrderView]) -> None:
    """Check I1 to I4: orders, stock and ledger agree.

    No product is oversold, and reserved units belong to orders. The changes in the ledger add up to the stock.
    """
    held: Counter[ProductId] = Counter()
    sold: Counter[ProductId] = Counter()
    shipped: Counter[ProductId] = Counter()
    for order in orders:
        for line in order.lines:
            shipped[line.product_id] += line.fulfilled
            sold[line.product_id] += line.quantity - line.cancelled if order.status in PAID_AND_ACTIVE else 0
        if order.status in HOLDING:
            for line in order.lines:
                held[line.product_id] += line.quantity - line.fulfilled - line.cancelled
    for product in await every_product(shop):
        stock = await shop.get_stock(product.id)
        assert 0 <= stock.reserved <= stock.on_hand, "I2"
        assert stock.reserved == held[product.id], "I3"
        assert stock.available == product.available == stock.on_hand - stock.reserved
        on_hand = reserved = came = 0
        for movement in await ledger(shop, product.id):
            came += movement.on_hand_delta if movement.reason is not MovementReason.SHIPPED else 0
            on_hand += movement.on_hand_delta
            reserved += movement.reserved_delta
            assert (movement.on_hand, movement.reserved) == (on_hand, reserved), "I4"
        assert (stock.on_hand, stock.reserved) == (on_hand, reserved), "I4"
        assert came - stock.on_hand == shipped[product.id], "I4"
        assert sold[product.id] <= came, "I1"


def assert_totals_are_the_sums_of_lines(orders: list[OrderView]) -> None:
    """Check I7 and I10: totals are the sums of lines, and no shipped unit is refunded without a return."""
    for order in orders:
        assert order.total.amount == sum(line.unit_price.amount * line.quantity for line in order.lines), "I7"
        assert {line.unit_price.currency for line in order.lines} == {order.currency}, "I7"
        assert all(line.refunded <= line.cancelled + line.returned for line in order.lines), "I10"


async def assert_one_order_for_each_key(shop: Shop, orders: list[OrderView]) -> None:
    """Check I8: there is exactly one order for each idempotency key that was sent."""
    by_key = [await shop.store.orders.get_by_key(*sent) for sent in shop.commands.keys_sent]
    assert sorted(order.result.id for order in by_key if order) == sorted(order.id for order in orders), "I8"


async def assert_money_is_what_payments_and_refunds_say(shop: Shop, order: OrderView) -> None:
    """Check I5 and I6.

    If an order is not active, its payments are refunded or voided. Refunds never exceed the captured money.
    """
    captured = [each for each in await payments(shop, order) if each.status is PaymentStatus.CAPTURED]
    given = Counter[PaymentId]()
    promised = Counter[PaymentId]()
    for refund in await refunds(shop, order):
        given[refund.payment_id] += refund.amount.amount if refund.status is RefundStatus.SUCCEEDED else 0
        promised[refund.payment_id] += refund.amount.amount if refund.status is RefundStatus.PENDING else 0
    assert order.paid_total.amount == sum(payment.captured.amount for payment in captured), "I6"
    assert order.refunded_total.amount == given.total(), "I6"
    assert {*given, *promised} <= {payment.id for payment in captured}, "I6"
    for payment in captured:
        returned = given[payment.id] + promised[payment.id]
        assert returned <= payment.captured.amount, "I6"
        assert order.status in PAID_AND_ACTIVE or returned == payment.captured.amount, "I5"
    if order.status in PAID_AND_ACTIVE:
        assert order.payable_total is not None
        kept = order.paid_total.amount - given.total() - promised.total()
        assert kept <= order.payable_total.amount, "I5"


async def payments(shop: Shop, order: OrderView) -> list[PaymentView]:
    async def page_after(after: Position | None) -> Page[PaymentView]:
        return await shop.store.payments.payments(order.id, after=after, limit=BATCH_SIZE)

    return await all_items(page_after)


async def refunds(shop: Shop, order: OrderView) -> list[RefundView]:
    async def page_after(after: Position | None) -> Page[RefundView]:
        return await shop.store.payments.refunds(order.id, after=after, limit=BATCH_SIZE)

    return await all_items(page_after)


async def assert_each_change_has_one_row_and_one_event(
    shop: Shop, orders: list[OrderView], *, pruned: int
) -> None:
    """Check I9: each change of an order has one history row and one event."""
    expected: Counter[str] = Counter({"order.placed": pruned, "order.expired": pruned})
    requested = refunded = 0
    for order in orders:
        changes = await history(shop, order)
        assert len(changes) == order.version, "I9"
        assert [change.target for change in changes[:-1]] == [change.source for change in changes[1:]], "I9"
        assert changes[-1].target is order.status, "I9"
        for change in changes:
            row = ROWS[change.source, change.action, change.target]
            expected[row.event or "none"] += 1
            expected.update(row.along if row.action is not Action.CONFIRM else ())
            refunded += row.action is Action.REFUND
        # An order with a total of zero is confirmed without a payment.
        expected["payment.captured"] += (
            Action.CONFIRM in {c.action for c in changes} and order.total.amount > 0
        )
        requested += len(await refunds(shop, order))
    expected[REQUESTED] = requested
    # A refund of an amount cancels no units.
    counts = await shop.store.outbox.counts()
    cancelled = counts[LINES_CANCELLED]
    assert expected[LINES_CANCELLED] - refunded <= cancelled <= expected[LINES_CANCELLED], "I9"
    for event_type in EVENT_TYPES - {LINES_CANCELLED}:
        assert counts[event_type] == expected[event_type], f"I9 {event_type}"
