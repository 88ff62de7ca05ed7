"""Partial shipments never exceed the ordered units. Refunds never exceed the paid amount."""

from dataclasses import replace
from random import Random

import pytest

from application.payments.provider_ports import Outcome, ProviderEventKind
from domain.orders.lifecycle import InvalidTransition, OrderStatus
from domain.orders.refunding import RefundExceedsPaid
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from domain.payments.inquiry import CALL_TIMEOUT
from domain.payments.refund import RefundedLine, RefundStatus
from domain.shared.errors import NotFound, ValidationFailed
from domain.shared.ids import OrderId
from tests.invariants import assert_invariants, payments
from tests.kit.payments import a_paid_order
from tests.kit.shop import Shop


async def test_fulfillment_reduces_the_units_on_hand_and_the_reserved_units(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.fulfil(order, 1, 0)
    partly = await shop.current_order(order)
    assert (partly.status, partly.fulfillment_status) == (OrderStatus.CONFIRMED, FulfillmentStatus.PARTIAL)
    mugs = await shop.get_stock(order.lines[0].product_id)
    assert (mugs.on_hand, mugs.reserved) == (4, 2)
    await assert_invariants(shop)
    await shop.fulfil(partly, 2, 1)
    await shop.fulfil(await shop.current_order(order))
    fulfilled = await shop.current_order(order)
    assert (fulfilled.status, fulfilled.fulfillment_status) == (
        OrderStatus.FULFILLED,
        FulfillmentStatus.FULFILLED,
    )
    assert [line.fulfilled for line in fulfilled.lines] == [3, 2]
    assert (await shop.store.outbox.counts())["fulfillment.created"] == 3
    assert (await shop.store.outbox.counts())["order.fulfilled"] == 1
    await assert_invariants(shop)


async def test_saved_fulfillment_is_read_back_unchanged(shop: Shop) -> None:
    order = await a_paid_order(shop)
    first, second = await shop.fulfil(order, 1, 2), await shop.fulfil(order, 2, 0)
    assert await shop.store.orders.fulfillment(order.id, second.id) == second
    assert await shop.store.orders.fulfillment(OrderId(shop.ids.new()), second.id) is None
    page = await shop.store.orders.fulfillments(order.id, after=None, limit=1)
    assert page.items == (first,)
    last = await shop.store.orders.fulfillments(order.id, after=page.next, limit=1)
    assert (last.items, last.next) == ((second,), None)


async def test_fulfillment_of_more_units_than_are_left_to_ship_is_rejected(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.fulfil(order, 2, 0)
    with pytest.raises(ValidationFailed) as refusal:
        await shop.fulfil(order, 2, 3)
    assert [violation.path for violation in refusal.value.violations] == [
        ("lines", 0, "quantity"),
        ("lines", 1, "quantity"),
    ]
    assert (await shop.get_stock(order.lines[0].product_id)).on_hand == 3
    await assert_invariants(shop)


async def test_unpaid_order_cannot_be_fulfilled(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=1))
    with pytest.raises(InvalidTransition):
        await shop.fulfil(order)
    with pytest.raises(NotFound):
        await shop.fulfil(replace(order, id=OrderId(shop.ids.new())))
    await shop.cancel(order)
    with pytest.raises(InvalidTransition):
        await shop.fulfil(order)
    await assert_invariants(shop)


async def test_fulfillment_with_a_repeated_idempotency_key_is_recorded_only_once(shop: Shop) -> None:
    order = await a_paid_order(shop)
    command = shop.commands.fulfill_order(order, 1, 0, key="k")
    first, again = await shop.fulfill_order(command), await shop.fulfill_order(command)
    assert (again.replayed, again.result) == (True, first.result)
    assert [line.fulfilled for line in (await shop.current_order(order)).lines] == [1, 0]
    await assert_invariants(shop)


async def test_canceled_paid_order_releases_stock_and_is_refunded(shop: Shop) -> None:
    order = await a_paid_order(shop)
    cancelled = await shop.cancel(order)
    assert (cancelled.status, cancelled.payment_status) == (
        OrderStatus.CANCELLED,
        OrderPaymentStatus.REFUND_DUE,
    )
    assert (await shop.get_stock(order.lines[0].product_id)).available == 5
    assert await shop.settle() == 1
    refunded = await shop.current_order(order)
    assert (refunded.payment_status, refunded.refunded_total) == (OrderPaymentStatus.REFUNDED, order.total)
    await assert_invariants(shop)


async def test_partly_fulfilled_order_cannot_be_canceled(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.fulfil(order, 1, 0)
    with pytest.raises(InvalidTransition) as refusal:
        await shop.cancel(order)
    assert refusal.value.params == {
        "from": "confirmed",
        "action": "cancel",
        "allowed_actions": ["cancel_lines", "fulfil", "refund", "request_return"],
    }


async def test_consecutive_order_refunds_never_exceed_the_paid_amount(shop: Shop) -> None:
    order = await a_paid_order(shop)
    refund = await shop.refund(order, 3000)
    assert (refund.status, refund.amount.amount, refund.lines) == (RefundStatus.SUCCEEDED, 3000, ())
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.PARTIALLY_REFUNDED
    with pytest.raises(RefundExceedsPaid) as refusal:
        await shop.refund(order, 199)
    assert refusal.value.params == {"refundable": 198, "currency": "EUR"}
    await shop.refund(order, 198)
    refunded = await shop.current_order(order)
    assert (refunded.status, refunded.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.REFUNDED)
    with pytest.raises(RefundExceedsPaid):
        await shop.refund(order, 1)
    await assert_invariants(shop)


async def test_pending_refund_reduces_the_refundable_amount(shop: Shop) -> None:
    order = await a_paid_order(shop)
    shop.gateway.next_refunds = ["pending"]
    pending = await shop.refund(order, 3000)
    assert pending.status is RefundStatus.PENDING
    assert (await shop.current_order(order)).refunded_total.amount == 0
    with pytest.raises(RefundExceedsPaid):
        await shop.refund(order, 199)
    [payment] = await payments(shop, order)
    await shop.report_provider_event(ProviderEventKind.REFUNDED, payment, refund=pending)
    assert (await shop.current_order(order)).refunded_total.amount == 3000
    await assert_invariants(shop)


async def test_refund_of_more_units_than_were_ordered_is_rejected(shop: Shop) -> None:
    order = await a_paid_order(shop)
    refund = await shop.refund(order, [2, 1])
    assert refund.amount.amount == 2 * 1000 + 99
    assert refund.lines == (RefundedLine(order.lines[0].id, 2), RefundedLine(order.lines[1].id, 1))
    assert await shop.store.payments.refund(order.id, refund.id) == refund
    assert [line.refunded for line in (await shop.current_order(order)).lines] == [2, 1]
    with pytest.raises(RefundExceedsPaid) as refusal:
        await shop.refund(order, [2, 1])
    assert [violation.path for violation in refusal.value.violations] == [("lines", 0, "quantity")]
    await shop.refund(order, [1, 1])
    ended = await shop.current_order(order)
    assert (ended.status, ended.payment_status) == (OrderStatus.CANCELLED, OrderPaymentStatus.REFUNDED)
    await assert_invariants(shop)


async def test_unknown_line_cannot_be_fulfilled_or_refunded(shop: Shop) -> None:
    order, other = await a_paid_order(shop), await a_paid_order(shop)
    foreign = replace(order, lines=other.lines)
    with pytest.raises(ValidationFailed):
        await shop.refund(foreign, [1, 0])
    with pytest.raises(ValidationFailed):
        await shop.fulfil(foreign, 1, 0)
    await assert_invariants(shop)


async def test_fulfilled_order_can_be_refunded(shop: Shop) -> None:
    order = await a_paid_order(shop)
    await shop.fulfil(order)
    await shop.refund(order, order.total.amount)
    refunded = await shop.current_order(order)
    assert (refunded.status, refunded.payment_status) == (OrderStatus.FULFILLED, OrderPaymentStatus.REFUNDED)
    await assert_invariants(shop)


async def test_unpaid_order_cannot_be_refunded(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=1))
    with pytest.raises(InvalidTransition):
        await shop.refund(order, 1)
    free = await shop.order(await shop.product(stock=1, price=0))
    with pytest.raises(RefundExceedsPaid):
        await shop.refund(free, 1)


async def test_refund_with_amount_zero_or_with_a_wrong_currency_is_rejected(shop: Shop) -> None:
    order = await a_paid_order(shop)
    in_yen = replace(order, currency="JPY")
    with pytest.raises(ValidationFailed):
        await shop.refund(in_yen, 1)
    free = await shop.order(await shop.product(stock=1, price=0))
    with pytest.raises(ValidationFailed):
        await shop.refund(free, [1])


@pytest.mark.parametrize("answer", ["timeout", "lost"])
async def test_refund_whose_response_was_lost_is_paid_only_once(shop: Shop, answer: str) -> None:
    order = await a_paid_order(shop)
    shop.gateway.next_refunds = [answer]
    command = shop.commands.refund_order(order, 1000, key="k")
    first = await shop.refund_order(command)
    assert first.result.status is RefundStatus.PENDING
    assert await shop.settle() == 0
    shop.clock.advance(CALL_TIMEOUT)
    assert await shop.settle() == 1
    again = await shop.refund_order(command)
    assert (again.replayed, again.result.status) == (True, RefundStatus.SUCCEEDED)
    assert len(shop.gateway.refunds) == 1
    assert (await shop.current_order(order)).refunded_total.amount == 1000
    await assert_invariants(shop)


async def test_pending_refund_is_queried_at_the_provider_but_not_sent_again(shop: Shop) -> None:
    order = await a_paid_order(shop)
    shop.gateway.next_refunds = ["pending"]
    refund = await shop.refund(order, 1000)
    shop.gateway.decide_refund(refund.id, Outcome.SUCCEEDED)
    shop.gateway.next_refunds = ["declined"]
    shop.clock.advance(CALL_TIMEOUT)
    await shop.settle()
    assert shop.gateway.next_refunds == ["declined"]
    assert (await shop.current_order(order)).refunded_total.amount == 1000
    await assert_invariants(shop)


@pytest.mark.parametrize("seed", range(3))
async def test_refunds_of_random_numbers_of_units_add_up_to_the_order_total(shop: Shop, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - pseudo-random, so that every run is the same
    order = await a_paid_order(shop)
    left = [line.quantity for line in order.lines]
    while any(left):
        portion = [random.randint(0, units) for units in left]
        if any(portion):
            await shop.refund(order, portion)
            left = [units - refunded for units, refunded in zip(left, portion, strict=True)]
    assert (await shop.current_order(order)).refunded_total == order.total
    await assert_invariants(shop)
