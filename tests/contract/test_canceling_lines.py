"""Canceling units of an order releases the stock of these units. Money that was paid for these units is refunded."""

from dataclasses import replace

import pytest

from application.orders.views import OrderView
from application.payments.provider_ports import Outcome, ProviderEventKind
from domain.orders.lifecycle import Action, InvalidTransition, OrderStatus
from domain.orders.order_state import OrderDisputed
from domain.orders.paying import PaymentInProgress
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from domain.payments.refund import RefundedLine
from domain.shared.errors import ValidationFailed
from domain.shared.money import Money
from tests.invariants import assert_invariants, history, payments, refunds
from tests.kit.shop import Shop, owner_of


async def an_order(shop: Shop) -> OrderView:
    """Return an order of three mugs at 10.00 and two cups at 0.99.

    Before the order was placed, five units of each product were in stock.
    """
    mug, cup = await shop.product(stock=5, price=1000), await shop.product(stock=5, price=99)
    placing = shop.commands.place_order((mug, 3), (cup, 2), customer=await shop.customer())
    return (await shop.place_order(placing)).result


async def a_paid_order(shop: Shop) -> OrderView:
    order = await an_order(shop)
    await shop.pay(order)
    return await shop.current_order(order)


async def test_cancellation_of_units_releases_the_stock_and_refunds_the_price(shop: Shop) -> None:
    order = await a_paid_order(shop)
    cancelled = await shop.cancel(order, 2, 1)
    assert cancelled == await shop.current_order(order)
    assert (cancelled.status, cancelled.payment_status) == (
        OrderStatus.CONFIRMED,
        OrderPaymentStatus.PAID,
    )
    assert [(line.cancelled, line.refunded) for line in cancelled.lines] == [(2, 2), (1, 1)]
    assert cancelled.payable_total == Money(1000 + 99, "EUR")
    assert (await shop.get_stock(order.lines[0].product_id)).reserved == 1
    [refund] = await refunds(shop, order)
    assert refund.amount.amount == 2 * 1000 + 99
    assert refund.lines == (RefundedLine(order.lines[0].id, 2), RefundedLine(order.lines[1].id, 1))
    assert await shop.settle() == 1
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.PARTIALLY_REFUNDED
    await assert_invariants(shop)


async def test_partly_shipped_order_is_fulfilled_when_the_unshipped_units_are_canceled(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.fulfil(order, 2, 2)
    ended = await shop.cancel(order, 1, 0)
    assert (ended.status, ended.fulfillment_status) == (OrderStatus.FULFILLED, FulfillmentStatus.FULFILLED)
    assert (await shop.get_stock(order.lines[0].product_id)).reserved == 0
    assert [change.action for change in await history(shop, order)][-1] is Action.CANCEL_LINES
    assert (await shop.store.outbox.counts())["order.fulfilled"] == 1
    await assert_invariants(shop)


async def test_order_is_canceled_when_all_its_units_are_canceled(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.cancel(order, 2, 2)
    ended = await shop.cancel(order, 1, 0)
    assert (ended.status, ended.allowed_actions) == (OrderStatus.CANCELLED, ())
    assert [line.cancelled for line in ended.lines] == [3, 2]
    await shop.settle()
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUNDED
    assert (await shop.store.outbox.counts())["order.cancelled"] == 1
    await assert_invariants(shop)


async def test_payable_amount_excludes_canceled_units(shop: Shop) -> None:
    order = await an_order(shop)
    unpaid = await shop.cancel(order, 1, 2)
    assert (unpaid.status, unpaid.payable_total) == (OrderStatus.PENDING_PAYMENT, Money(2000, "EUR"))
    with pytest.raises(ValidationFailed) as refusal:
        await shop.pay(order)
    assert refusal.value.violations[0].params == {"amount": 2000, "currency": "EUR"}
    await shop.pay_order(shop.commands.pay_order(order, amount=Money(2000, "EUR")))
    paid = await shop.current_order(order)
    assert (paid.status, paid.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.PAID)
    await shop.fulfil(paid)
    assert (await shop.current_order(order)).status is OrderStatus.FULFILLED
    assert await refunds(shop, order) == []
    await assert_invariants(shop)


async def test_line_cancellation_cancels_an_unpaid_order_if_the_new_total_is_zero(shop: Shop) -> None:
    mug, gift = await shop.product(stock=5, price=1000), await shop.product(stock=5, price=0)
    placing = shop.commands.place_order((mug, 1), (gift, 1), customer=await shop.customer())
    order = (await shop.place_order(placing)).result
    assert (await shop.cancel(order, 1, 0)).status is OrderStatus.CANCELLED
    await assert_invariants(shop)


async def test_customer_can_cancel_units_until_shipping_begins(shop: Shop) -> None:
    order = await a_paid_order(shop)
    own = owner_of(order)
    await shop.cancel(order, 1, 0, access=own)
    await shop.fulfil(order, 1, 0)
    with pytest.raises(InvalidTransition) as refusal:
        await shop.cancel(order, 0, 1, access=own)
    assert refusal.value.params == {
        "from": "confirmed",
        "action": "cancel_lines",
        "allowed_actions": ["request_return"],
    }
    await shop.cancel(order, 0, 1)
    await assert_invariants(shop)


@pytest.mark.parametrize("units", [(4, 0), (1, 3)])
async def test_cancellation_of_more_units_than_are_left_to_ship_is_rejected(
    shop: Shop, units: tuple[int, int]
) -> None:
    order = await a_paid_order(shop)
    with pytest.raises(ValidationFailed) as refusal:
        await shop.cancel(order, *units)
    assert [violation.code for violation in refusal.value.violations] == ["exceeds_left_to_ship"]
    assert await shop.current_order(order) == order


async def test_cancellation_of_an_unknown_line_is_rejected(shop: Shop) -> None:
    order, other = await a_paid_order(shop), await a_paid_order(shop)
    with pytest.raises(ValidationFailed) as refusal:
        await shop.cancel(replace(order, lines=other.lines), 1, 0)
    assert [violation.code for violation in refusal.value.violations] == ["unknown_line"]
    assert await shop.current_order(order) == order


async def test_refunded_unit_cannot_be_shipped(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.refund(order, [3, 0])
    with pytest.raises(ValidationFailed):
        await shop.fulfil(order, 1, 0)
    await shop.fulfil(order, 0, 2)
    assert (await shop.current_order(order)).status is OrderStatus.FULFILLED
    assert (await shop.get_stock(order.lines[0].product_id)).reserved == 0
    await assert_invariants(shop)


async def test_partly_shipped_order_is_fulfilled_when_all_unshipped_units_are_refunded(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.fulfil(order, 2, 2)
    await shop.refund(order, [1, 0])
    ended = await shop.current_order(order)
    assert (ended.status, ended.lines[0].cancelled) == (OrderStatus.FULFILLED, 1)
    assert (await shop.store.outbox.counts())["order.fulfilled"] == 1
    await assert_invariants(shop)


async def test_refund_by_amount_does_not_cancel_unshipped_units(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.refund(order, order.total.amount)
    await shop.fulfil(order)
    shipped = await shop.current_order(order)
    assert [(line.fulfilled, line.cancelled) for line in shipped.lines] == [(3, 0), (2, 0)]
    await assert_invariants(shop)


async def test_cancellation_of_units_is_rejected_while_a_payment_has_no_result(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order, "tok_pending")
    with pytest.raises(PaymentInProgress) as refusal:
        await shop.cancel(order, 1, 0)
    assert refusal.value.params == {"payment_id": str(payment.id)}
    assert (await shop.current_order(order)).lines == order.lines
    await assert_invariants(shop)


async def test_price_of_canceled_units_is_not_captured(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.authorize(order)
    await shop.cancel(order, 1, 0)
    with pytest.raises(ValidationFailed):
        await shop.capture(payment, order.total.amount)
    captured = await shop.capture(payment)
    assert captured.captured.amount == order.total.amount - 1000
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.PAID
    assert await refunds(shop, order) == []
    await assert_invariants(shop)


async def test_provider_capture_above_the_payable_amount_is_partly_refunded(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.authorize(order)
    await shop.cancel(order, 1, 0)
    shop.gateway.decide(payment.id, Outcome.SUCCEEDED)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    [refund] = await refunds(shop, order)
    assert refund.amount.amount == 1000
    assert (await shop.current_order(order)).paid_total == order.total
    await assert_invariants(shop)


async def test_line_cancellation_refunds_only_the_amount_paid_above_the_new_total(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.authorize(order)
    await shop.capture(payment, 2500)
    await shop.cancel(order, 1, 0)
    [refund] = await refunds(shop, order)
    assert refund.amount.amount == 2500 - (order.total.amount - 1000)
    await assert_invariants(shop)


async def test_units_of_a_disputed_order_can_be_canceled_with_an_override(shop: Shop) -> None:
    order = await a_paid_order(shop)
    [payment] = await payments(shop, order)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, payment)
    command = shop.commands.cancel_order(order, 1, 0)
    with pytest.raises(OrderDisputed):
        await shop.cancel_order(command)
    overridden = replace(shop.commands.cancel_order(order, 1, 0), dispute_override="The customer agreed.")
    assert (await shop.cancel_order(overridden)).result.lines[0].cancelled == 1
    await assert_invariants(shop)


async def test_line_cancellation_is_executed_only_once_per_idempotency_key(shop: Shop) -> None:
    order = await a_paid_order(shop)
    command = shop.commands.cancel_order(order, 1, 0, key="once")
    first = await shop.cancel_order(command)
    again = await shop.cancel_order(command)
    assert (again.result, again.replayed) == (first.result, True)
    assert len(await refunds(shop, order)) == 1
    await assert_invariants(shop)
