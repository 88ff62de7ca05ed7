"""Payments are authorized, and later captured or voided. The order's status changes accordingly."""

from datetime import timedelta

import pytest

from application.orders.access import OrderAccess
from application.orders.fulfill_order import FulfillOrder
from application.payments.provider_ports import Outcome, ProviderEventKind
from application.shared.idempotency import IdempotentOperation
from domain.orders.lifecycle import Action, InvalidTransition, OrderStatus
from domain.orders.paying import PaymentInProgress
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.inquiry import CALL_TIMEOUT
from domain.payments.payment import (
    ENDING_NOTICE,
    PaymentStatus,
)
from domain.shared.errors import NotFound, ValidationFailed
from tests.invariants import assert_invariants, payments, refunds
from tests.kit.payments import an_authorized_order
from tests.kit.shop import HOLD, Shop, owner_of


async def test_order_with_an_authorized_payment_is_confirmed_and_can_be_shipped(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    assert (payment.status, payment.captured.amount) == (PaymentStatus.AUTHORIZED, 0)
    assert payment.authorized_until == payment.requested_at + timedelta(days=7)
    assert (order.status, order.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.AUTHORIZED)
    assert {Action.CAPTURE, Action.VOID, Action.FULFILL} <= set(order.allowed_actions)
    assert shop.gateway.charges == 0
    await shop.fulfil(order)
    await shop.capture(payment)
    shipped = await shop.current_order(order)
    assert (shipped.status, shipped.payment_status) == (OrderStatus.FULFILLED, OrderPaymentStatus.PAID)
    assert shipped.paid_total == order.total
    assert (await shop.store.outbox.counts())["payment.authorized"] == 1
    assert (await shop.store.outbox.counts())["payment.captured"] == 1
    await assert_invariants(shop)


async def test_authorization_can_be_partially_captured_only_once(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    captured = await shop.capture(payment, 1500)
    assert (captured.status, captured.captured.amount) == (PaymentStatus.CAPTURED, 1500)
    seen = await shop.current_order(order)
    assert (seen.status, seen.payment_status) == (
        OrderStatus.CONFIRMED,
        OrderPaymentStatus.PARTIALLY_CAPTURED,
    )
    with pytest.raises(InvalidTransition):
        await shop.capture(payment, 500)
    with pytest.raises(InvalidTransition):
        await shop.void(payment)
    await shop.cancel(order)
    await shop.settle()
    assert [each.amount.amount for each in await refunds(shop, order)] == [1500]
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUNDED
    await assert_invariants(shop)


@pytest.mark.parametrize("amount", [0, 2001, -1])
async def test_capture_above_the_authorized_amount_is_rejected(shop: Shop, amount: int) -> None:
    _, payment = await an_authorized_order(shop)
    with pytest.raises(ValidationFailed) as refusal:
        await shop.capture(payment, amount)
    assert [violation.code for violation in refusal.value.violations] == ["exceeds_authorized"]
    assert shop.gateway.charges == 0
    await assert_invariants(shop)


async def test_second_payment_of_an_authorized_order_is_rejected(shop: Shop) -> None:
    order, _ = await an_authorized_order(shop)
    with pytest.raises(InvalidTransition):
        await shop.pay(order)
    assert len(await payments(shop, order)) == 1


async def test_unshipped_order_gets_the_status_pending_payment_after_a_void(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    shop.clock.advance(HOLD)
    voided = await shop.void(payment)
    assert voided.status is PaymentStatus.VOIDED
    waiting = await shop.current_order(order)
    assert (waiting.status, waiting.payment_status) == (
        OrderStatus.PENDING_PAYMENT,
        OrderPaymentStatus.UNPAID,
    )
    assert waiting.expires_at == shop.clock.now() + HOLD
    assert (await shop.get_stock(order.lines[0].product_id)).reserved == 2
    await shop.pay(order)
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    assert (await shop.store.outbox.counts())["payment.voided"] == 1
    await assert_invariants(shop)


async def test_shipped_order_stays_fulfilled_and_becomes_unpaid_after_a_void(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    await shop.fulfil(order)
    await shop.void(payment)
    seen = await shop.current_order(order)
    assert (seen.status, seen.payment_status) == (OrderStatus.FULFILLED, OrderPaymentStatus.UNPAID)
    await assert_invariants(shop)


async def test_customer_cannot_void_an_authorized_payment(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    with pytest.raises(InvalidTransition):
        await shop.void(payment, access=owner_of(order))
    with pytest.raises(NotFound):
        await shop.void(payment, access=OrderAccess.own((await shop.customer()).id))


async def test_canceling_an_order_voids_its_authorization(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    await shop.cancel(order)
    assert await shop.settle() == 1
    assert shop.gateway.payments[payment.id].outcome is Outcome.VOIDED
    [voided] = await payments(shop, order)
    assert voided.status is PaymentStatus.VOIDED
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.UNPAID
    await assert_invariants(shop)


async def test_authorization_of_an_expired_order_is_voided(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5))
    payment = await shop.authorize(order, "tok_pending")
    shop.clock.advance(HOLD)
    await shop.expire()
    shop.gateway.decide(payment.id, Outcome.AUTHORIZED)
    await shop.report_provider_event(ProviderEventKind.AUTHORIZED, payment)
    while await shop.settle():
        pass
    assert shop.gateway.payments[payment.id].outcome is Outcome.VOIDED
    assert [each.status for each in await payments(shop, order)] == [PaymentStatus.VOIDED]
    assert (await shop.current_order(order)).status is OrderStatus.EXPIRED
    await assert_invariants(shop)


async def test_authorization_is_voided_if_reported_after_the_payment_has_failed(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5))
    first = await shop.authorize(order, "tok_pending")
    await shop.report_provider_event(ProviderEventKind.FAILED, first)
    second = await shop.authorize(order, "tok_pending")
    shop.gateway.decide(first.id, Outcome.AUTHORIZED)
    await shop.report_provider_event(ProviderEventKind.AUTHORIZED, first)
    while await shop.settle():
        pass
    assert shop.gateway.payments[first.id].outcome is Outcome.VOIDED
    shop.gateway.decide(second.id, Outcome.AUTHORIZED)
    await shop.report_provider_event(ProviderEventKind.AUTHORIZED, second)
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.AUTHORIZED
    await assert_invariants(shop)


async def test_capture_whose_response_was_lost_charges_the_customer_only_once(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    shop.gateway.is_down = True
    assert (await shop.capture(payment)).status is PaymentStatus.AUTHORIZED
    with pytest.raises(PaymentInProgress):
        await shop.void(payment)
    with pytest.raises(PaymentInProgress):
        await shop.capture(payment)
    shop.gateway.is_down = False
    shop.clock.advance(CALL_TIMEOUT)
    assert await shop.settle() == 1
    assert shop.gateway.charges == 1
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.PAID
    await assert_invariants(shop)


async def test_authorization_voided_by_the_provider_is_recorded_as_voided(shop: Shop) -> None:
    """The shop does not void this payment, because a part of the order is shipped. The provider voids the payment."""
    order, payment = await an_authorized_order(shop)
    await shop.fulfil(order, 1)
    assert payment.authorized_until is not None
    shop.clock.set(payment.authorized_until - ENDING_NOTICE)
    await shop.settle()
    shop.gateway.decide(payment.id, Outcome.VOIDED)
    shop.clock.set(payment.authorized_until)
    await shop.settle()
    [ended] = await payments(shop, order)
    assert ended.status is PaymentStatus.VOIDED
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


async def test_payment_is_captured_at_the_first_shipment_if_a_setting_requires_it(shop: Shop) -> None:
    order, _ = await an_authorized_order(shop)
    shop.fulfill_order = FulfillOrder(shop.store.unit_of_work, shop.clock, shop.ids, captures=True)
    await shop.fulfil(order, 1)
    assert await shop.settle() == 1
    seen = await shop.current_order(order)
    assert (seen.payment_status, shop.gateway.charges) == (OrderPaymentStatus.PAID, 1)
    await shop.fulfil(order, 1)
    assert await shop.settle() == 0
    await assert_invariants(shop)


async def test_retried_capture_with_the_same_idempotency_key_is_replayed(shop: Shop) -> None:
    _, payment = await an_authorized_order(shop)
    command = shop.commands.operate_payment(payment, IdempotentOperation.CAPTURE_PAYMENT, key="k")
    first = await shop.capture_payment(command, None)
    again = await shop.capture_payment(command, None)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.result == first.result
    assert shop.gateway.charges == 1
