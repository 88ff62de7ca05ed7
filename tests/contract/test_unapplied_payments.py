"""Captured money that an order cannot use is refunded. A late payment reinstates an order if possible."""

from application.orders.views import OrderView
from application.payments.provider_ports import ProviderEventKind
from domain.orders.lifecycle import OrderStatus
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.refund import RefundStatus
from domain.shared.money import Money
from tests.invariants import assert_invariants, refunds
from tests.kit.shop import HOLD, Shop


async def an_order(shop: Shop, *, stock: int = 5, quantity: int = 2) -> OrderView:
    return await shop.order(await shop.product(stock=stock, price=1000), quantity)


async def test_second_charge_that_is_reported_twice_is_refunded_only_once(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order)
    for event_id in ("e1", "e2"):
        await shop.report_provider_event(
            ProviderEventKind.CAPTURED, payment, event_id=event_id, reference="ch_again"
        )
    [refund] = await refunds(shop, order)
    assert refund.amount == order.total
    assert await shop.settle() == 1
    paid = await shop.current_order(order)
    assert (paid.status, paid.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.PAID)
    assert (paid.paid_total.amount, paid.refunded_total.amount) == (4000, 2000)
    await assert_invariants(shop)


async def test_payment_is_refunded_if_another_payment_has_already_paid_the_order(shop: Shop) -> None:
    order = await an_order(shop)
    first = await shop.pay(order, "tok_pending")
    await shop.report_provider_event(ProviderEventKind.FAILED, first)
    second = await shop.pay(order, "tok_pending")
    await shop.report_provider_event(ProviderEventKind.CAPTURED, second)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, first)
    assert [each.payment_id for each in await refunds(shop, order)] == [first.id]
    await assert_invariants(shop)


async def test_capture_of_less_than_the_order_total_is_refunded(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order, "tok_pending")
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment, amount=Money(1999, "EUR"))
    assert (await shop.current_order(order)).status is OrderStatus.PENDING_PAYMENT
    assert [each.amount.amount for each in await refunds(shop, order)] == [1999]
    await shop.pay(order)
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


async def test_amount_of_a_pending_refund_does_not_count_as_paid(shop: Shop) -> None:
    order = await an_order(shop)
    for _ in range(2):
        payment = await shop.pay(order, "tok_pending")
        await shop.report_provider_event(
            ProviderEventKind.CAPTURED, payment, amount=order.total - Money(1, "EUR")
        )
    assert (await shop.current_order(order)).status is OrderStatus.PENDING_PAYMENT
    assert len(await refunds(shop, order)) == 2
    await assert_invariants(shop)


async def test_capture_after_expiry_reinstates_the_order_if_stock_is_available(shop: Shop) -> None:
    order = await an_order(shop, stock=2)
    payment = await shop.pay(order, "tok_pending")
    shop.clock.advance(HOLD)
    assert await shop.expire() == 1
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    revived = await shop.current_order(order)
    assert (revived.status, revived.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.PAID)
    assert (await shop.get_stock(order.lines[0].product_id)).reserved == 2
    assert (await shop.store.outbox.counts())["order.revived"] == 1
    await assert_invariants(shop)


async def test_capture_after_expiry_is_refunded_if_stock_is_unavailable(shop: Shop) -> None:
    mug = await shop.product(stock=1)
    order = await shop.order(mug)
    payment = await shop.pay(order, "tok_pending")
    shop.clock.advance(HOLD)
    other = await shop.order(mug)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUND_DUE
    await shop.settle()
    refunded = await shop.current_order(order)
    assert (refunded.status, refunded.payment_status) == (OrderStatus.EXPIRED, OrderPaymentStatus.REFUNDED)
    assert (await shop.current_order(other)).status is OrderStatus.PENDING_PAYMENT
    await assert_invariants(shop)


async def test_capture_for_a_canceled_order_is_refunded(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order, "tok_pending")
    await shop.cancel(order)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    await shop.settle()
    cancelled = await shop.current_order(order)
    assert (cancelled.status, cancelled.payment_status) == (
        OrderStatus.CANCELLED,
        OrderPaymentStatus.REFUNDED,
    )
    assert [each.status for each in await refunds(shop, order)] == [RefundStatus.SUCCEEDED]
    await assert_invariants(shop)
