"""Payments, stock and order status are consistent after concurrent actions in any sequence."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from application.orders.views import OrderView
from application.payments.provider_ports import Outcome, ProviderEventKind
from application.payments.views import PaymentView
from domain.orders.lifecycle import InvalidTransition, OrderStatus
from domain.orders.order_return import InvalidReturnTransition
from domain.orders.order_state import OrderDisputed
from domain.orders.paying import PaymentInProgress
from domain.orders.placing import OutOfStock
from domain.orders.refunding import RefundExceedsPaid
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.inquiry import CALL_TIMEOUT
from domain.payments.payment import ENDING_NOTICE, RENEW_BEFORE_END, PaymentStatus
from domain.shared.errors import ValidationFailed
from tests.invariants import assert_invariants, every_order, payments, refunds
from tests.kit.actors import STAFF
from tests.kit.shop import HOLD, Shop

ORDERS = 8

T = TypeVar("T")


async def at_once(*work: Coroutine[Any, Any, T]) -> list[T | BaseException]:
    return await asyncio.gather(*work, return_exceptions=True)


def kinds(answers: Iterable[object]) -> Counter[type]:
    return Counter(type(answer) for answer in answers)


async def begun(shop: Shop, *, spare: int = 0) -> tuple[list[OrderView], list[PaymentView]]:
    """Return new orders for one product, each with a pending payment."""
    mug = await shop.product(stock=2 * ORDERS + spare)
    orders = [await shop.order(mug, 2) for _ in range(ORDERS)]
    begun = [await shop.pay(order, "tok_pending") for order in orders]
    for payment in begun:
        shop.gateway.decide(payment.id, Outcome.SUCCEEDED)
    return orders, begun


async def paid(shop: Shop) -> list[OrderView]:
    mug = await shop.product(stock=3 * ORDERS)
    orders = [await shop.order(mug, 3) for _ in range(ORDERS)]
    for order in orders:
        await shop.pay(order)
    return orders


async def test_concurrent_requests_never_both_cancel_and_fulfill_one_unit(shop: Shop) -> None:
    orders = await paid(shop)
    answers = await at_once(
        *(shop.cancel(order, 2) for order in orders), *(shop.fulfil(order, 2) for order in orders)
    )
    lost = [answer for answer in answers if isinstance(answer, BaseException)]
    assert kinds(lost) == {ValidationFailed: ORDERS}
    for order in await every_order(shop):
        [line] = order.lines
        assert (line.fulfilled, line.cancelled) in {(2, 0), (0, 2)}
        assert line.refunded == line.cancelled
    await assert_invariants(shop)


async def test_refunds_by_staff_and_by_returns_together_never_exceed_the_paid_amount(shop: Shop) -> None:
    orders = await paid(shop)
    approved = []
    for order in orders:
        await shop.fulfil(order)
        approved.append(await shop.approve(await shop.send_back(order, 3)))
    answers = await at_once(
        *(shop.receive(each) for each in approved),
        *(shop.receive(each, restock=False) for each in approved),
        *(shop.refund(order, 1000) for order in orders),
    )
    lost = kinds(answer for answer in answers if isinstance(answer, BaseException))
    assert lost[InvalidReturnTransition] == ORDERS
    assert lost.keys() <= {InvalidReturnTransition, RefundExceedsPaid}
    for order in await every_order(shop):
        assert order.lines[0].returned == 3
        assert sum(refund.amount.amount for refund in await refunds(shop, order)) == order.total.amount
    await assert_invariants(shop)


async def statuses(shop: Shop) -> Counter[OrderStatus]:
    return Counter(order.status for order in await every_order(shop))


async def test_order_whose_payment_is_captured_during_expiry_is_always_confirmed(shop: Shop) -> None:
    orders, begun_payments = await begun(shop)
    shop.clock.advance(HOLD)
    answers = await at_once(
        *(shop.report_provider_event(ProviderEventKind.CAPTURED, payment) for payment in begun_payments),
        *(shop.expire_orders(limit=2, actor=STAFF) for _ in range(6)),
        *(shop.pay(order) for order in orders[:2]),
    )
    refused = {InvalidTransition, PaymentInProgress}
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} <= refused
    assert sum(isinstance(answer, BaseException) for answer in answers) == 2
    await shop.expire()
    assert await statuses(shop) == {OrderStatus.CONFIRMED: ORDERS}
    await assert_invariants(shop)


async def test_payment_of_an_expired_order_is_refunded_if_another_order_took_the_stock(shop: Shop) -> None:
    orders, begun_payments = await begun(shop)
    mug = await shop.get_product(orders[0].lines[0].product_id, include_archived=True)
    buyers = [shop.commands.place_order((mug, 2), customer=await shop.customer()) for _ in range(ORDERS)]
    shop.clock.advance(HOLD)
    processes = [shop.other_process() for _ in range(4)]
    answers = await at_once(
        *(processes[number % 4](buyer) for number, buyer in enumerate(buyers)),
        *(shop.report_provider_event(ProviderEventKind.CAPTURED, payment) for payment in begun_payments),
        *(shop.expire_orders(limit=2, actor=STAFF) for _ in range(4)),
    )
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} <= {OutOfStock}
    while await shop.settle():
        pass
    for order in await every_order(shop):
        if order.status is OrderStatus.EXPIRED:
            assert order.payment_status is OrderPaymentStatus.REFUNDED
    assert (await shop.get_stock(mug.id)).available in {0, 2}
    await assert_invariants(shop)


async def test_order_can_use_the_stock_of_ended_holds_while_the_expiry_job_runs(shop: Shop) -> None:
    mug = await shop.product(stock=2 * ORDERS)
    for _ in range(ORDERS):
        await shop.order(mug, 2)
    buyers = [shop.commands.place_order((mug, 1), customer=await shop.customer()) for _ in range(2 * ORDERS)]
    shop.clock.advance(HOLD)
    processes = [shop.other_process(max_batch=2) for _ in range(4)]
    answers = await at_once(
        *(processes[number % 4](buyer) for number, buyer in enumerate(buyers)),
        *(shop.expire_orders(limit=1, actor=STAFF) for _ in range(ORDERS)),
    )
    assert not any(isinstance(answer, BaseException) for answer in answers)
    assert await statuses(shop) == {OrderStatus.EXPIRED: ORDERS, OrderStatus.PENDING_PAYMENT: 2 * ORDERS}
    await assert_invariants(shop)


async def test_order_that_is_canceled_and_paid_concurrently_is_fully_refunded(shop: Shop) -> None:
    orders, begun_payments = await begun(shop)
    answers = await at_once(
        *(shop.report_provider_event(ProviderEventKind.CAPTURED, payment) for payment in begun_payments),
        *(shop.cancel(order) for order in orders),
    )
    assert kinds(answers) == {type(None): ORDERS, OrderView: ORDERS}
    while await shop.settle():
        pass
    assert len(shop.gateway.refunds) == ORDERS
    seen = await every_order(shop)
    assert {order.status for order in seen} == {OrderStatus.CANCELLED}
    assert {order.payment_status for order in seen} == {OrderPaymentStatus.REFUNDED}
    await assert_invariants(shop)


async def test_concurrent_order_refunds_never_exceed_the_paid_amount(shop: Shop) -> None:
    order, *_ = await paid(shop)
    answers = await at_once(*(shop.refund(order, 700) for _ in range(10)))
    assert kinds(answers)[RefundExceedsPaid] == 6
    assert (await shop.current_order(order)).refunded_total.amount == 2800
    await assert_invariants(shop)


async def test_concurrent_requests_never_refund_a_unit_twice(shop: Shop) -> None:
    order, *_ = await paid(shop)
    answers = await at_once(*(shop.refund(order, [2]) for _ in range(6)), *(shop.cancel(order),))
    cancelled = kinds(answers)[OrderView]
    assert kinds(answers)[RefundExceedsPaid] + kinds(answers)[InvalidTransition] >= 5 - cancelled
    while await shop.settle():
        pass
    assert (await shop.current_order(order)).refunded_total.amount in {2000, 3000}
    await assert_invariants(shop)


async def test_concurrent_requests_never_both_fulfill_and_cancel_an_order(shop: Shop) -> None:
    orders = await paid(shop)
    answers = await at_once(
        *(shop.fulfil(order, 1) for order in orders), *(shop.cancel(order) for order in orders)
    )
    assert kinds(answers)[InvalidTransition] == ORDERS
    for order in await every_order(shop):
        assert (order.status is OrderStatus.CANCELLED) == (order.lines[0].fulfilled == 0)
    await assert_invariants(shop)


async def test_concurrent_fulfillments_never_exceed_the_ordered_units(shop: Shop) -> None:
    order, *_ = await paid(shop)
    answers = await at_once(*(shop.fulfil(order, 1) for _ in range(6)))
    refused = kinds(answers)[ValidationFailed] + kinds(answers)[InvalidTransition]
    assert refused == 3
    assert (await shop.current_order(order)).status is OrderStatus.FULFILLED
    await assert_invariants(shop)


async def test_capture_that_is_reported_twice_concurrently_is_recorded_only_once(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=1))
    payment = await shop.pay(order, "tok_timeout")
    shop.clock.advance(HOLD)
    answers = await at_once(
        *(shop.report_provider_event(ProviderEventKind.CAPTURED, payment, event_id="one") for _ in range(5)),
        *(shop.report_provider_event(ProviderEventKind.CAPTURED, payment) for _ in range(5)),
        *(shop.settle() for _ in range(3)),
    )
    assert not any(isinstance(answer, BaseException) for answer in answers)
    assert [each.status for each in await payments(shop, order)] == [PaymentStatus.CAPTURED]
    assert (await shop.current_order(order)).paid_total == order.total
    await assert_invariants(shop)


async def test_concurrent_payments_with_one_idempotency_key_charge_the_customer_only_once(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=1))
    command = shop.commands.pay_order(order, key="k")
    results = await asyncio.gather(*(shop.pay_order(command) for _ in range(10)))
    assert sum(not result.replayed for result in results) == 1
    assert len({result.result.id for result in results}) == 1
    assert shop.gateway.charges == 1
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


@pytest.mark.parametrize("token", ["tok_ok", "tok_pending", "tok_timeout"])
@pytest.mark.parametrize("payers", [2, 12])
async def test_only_one_of_several_concurrent_payments_of_an_order_succeeds(
    shop: Shop, payers: int, token: str
) -> None:
    order = await shop.order(await shop.product(stock=1))
    answers = await at_once(*(shop.pay(order, token) for _ in range(payers)))
    refused = kinds(answers)[PaymentInProgress] + kinds(answers)[InvalidTransition]
    assert (kinds(answers)[PaymentView], refused) == (1, payers - 1)
    assert shop.gateway.calls == 1
    assert len(await payments(shop, order)) == 1
    await assert_invariants(shop)


async def test_concurrent_workers_send_each_refund_only_once(shop: Shop) -> None:
    for order in await paid(shop):
        await shop.cancel(order)
    settled = await asyncio.gather(*(shop.settle_payments(limit=2, actor=STAFF) for _ in range(6)))
    assert sum(settled) + await shop.settle() == ORDERS
    assert len(shop.gateway.refunds) == ORDERS
    assert shop.gateway.calls == 2 * ORDERS
    await assert_invariants(shop)


async def test_only_one_of_twelve_concurrent_captures_of_an_authorization_succeeds(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=2), 2)
    payment = await shop.authorize(order)
    answers = await at_once(*(shop.capture(payment, 1000) for _ in range(12)))
    refused = kinds(answers)[PaymentInProgress] + kinds(answers)[InvalidTransition]
    assert (kinds(answers)[PaymentView], refused) == (1, 11)
    assert shop.gateway.charges == 1
    assert (await shop.current_order(order)).paid_total.amount == 1000
    await assert_invariants(shop)


async def test_capture_during_an_authorization_renewal_charges_the_customer_only_once(shop: Shop) -> None:
    mug = await shop.product(stock=2 * ORDERS)
    orders = [await shop.order(mug, 2) for _ in range(ORDERS)]
    authorized = [await shop.authorize(order) for order in orders]
    end = authorized[0].authorized_until
    assert end is not None
    shop.gateway.renewal = timedelta(days=7)
    shop.clock.set(end - ENDING_NOTICE)
    await shop.settle()
    shop.clock.set(end - RENEW_BEFORE_END)
    answers = await at_once(shop.settle(), *(shop.capture(payment) for payment in authorized))
    assert kinds(answers) == {int: 1, PaymentView: ORDERS}
    shop.clock.advance(CALL_TIMEOUT)
    while await shop.settle():
        pass
    assert shop.gateway.charges == ORDERS
    assert {order.payment_status for order in await every_order(shop)} == {OrderPaymentStatus.PAID}
    await assert_invariants(shop)


async def test_concurrent_requests_never_both_capture_and_void_a_payment(shop: Shop) -> None:
    mug = await shop.product(stock=2 * ORDERS)
    orders = [await shop.order(mug, 2) for _ in range(ORDERS)]
    authorized = [await shop.authorize(order) for order in orders]
    answers = await at_once(
        *(shop.capture(payment) for payment in authorized), *(shop.void(payment) for payment in authorized)
    )
    assert kinds(answers)[PaymentView] == ORDERS
    assert {type(answer) for answer in answers} <= {PaymentView, PaymentInProgress, InvalidTransition}
    for order in await every_order(shop):
        [payment] = await payments(shop, order)
        is_captured = payment.status is PaymentStatus.CAPTURED
        assert payment.status in {PaymentStatus.CAPTURED, PaymentStatus.VOIDED}
        assert (order.status is OrderStatus.CONFIRMED) == is_captured
    await assert_invariants(shop)


async def test_order_canceled_during_a_capture_ends_unpaid_or_refunded(shop: Shop) -> None:
    mug = await shop.product(stock=2 * ORDERS)
    orders = [await shop.order(mug, 2) for _ in range(ORDERS)]
    authorized = [await shop.authorize(order) for order in orders]
    await at_once(
        *(shop.capture(payment) for payment in authorized), *(shop.cancel(order) for order in orders)
    )
    for _ in range(3):
        shop.clock.advance(CALL_TIMEOUT)
        while await shop.settle():
            pass
    for order in await every_order(shop):
        assert order.status is OrderStatus.CANCELLED
        assert order.payment_status in {OrderPaymentStatus.UNPAID, OrderPaymentStatus.REFUNDED}
    await assert_invariants(shop)


async def test_payment_with_a_concurrent_dispute_and_refund_is_not_refunded_twice(shop: Shop) -> None:
    orders = await paid(shop)
    captured = [payment for order in orders for payment in await payments(shop, order)]
    answers = await at_once(
        *(shop.refund(order, 3000) for order in orders),
        *(shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, payment) for payment in captured),
        *(shop.report_provider_event(ProviderEventKind.DISPUTE_LOST, payment) for payment in captured),
    )
    refused = {OrderDisputed, InvalidTransition, RefundExceedsPaid}
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} <= refused
    while await shop.settle():
        pass
    for order in await every_order(shop):
        assert order.refunded_total == order.paid_total
    await assert_invariants(shop)
