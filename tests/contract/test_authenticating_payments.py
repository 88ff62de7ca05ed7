"""The customer authenticates a payment before the hold of the order ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from application.payments.provider_ports import Outcome, ProviderEventKind
from domain.orders.lifecycle import OrderStatus
from domain.orders.paying import PaymentInProgress
from domain.payments.payment import (
    CaptureMethod,
    PaymentStatus,
)
from tests.invariants import assert_invariants, payments
from tests.kit.gateway import CLIENT_SECRET
from tests.kit.shop import HOLD, Shop, owner_of


async def test_required_payment_authentication_extends_the_hold_only_once(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5))
    shop.clock.advance(timedelta(minutes=10))
    access = owner_of(order)
    paid = await shop.pay_order(replace(shop.commands.pay_order(order, "tok_3ds"), access=access))
    payment = paid.result
    assert payment.status is PaymentStatus.REQUIRES_ACTION
    assert payment.next_action is not None
    assert payment.next_action.client_secret == CLIENT_SECRET
    assert (await shop.current_order(order)).expires_at == shop.clock.now() + HOLD
    with pytest.raises(PaymentInProgress):
        await shop.pay(order)
    await shop.void(payment, access=access)
    shop.clock.advance(timedelta(minutes=5))
    await shop.pay_order(replace(shop.commands.pay_order(order, "tok_3ds"), access=access))
    assert (await shop.current_order(order)).expires_at == shop.clock.now() - timedelta(minutes=5) + HOLD
    await assert_invariants(shop)


async def test_secret_for_authenticating_a_payment_is_shown_only_to_the_customer(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5))
    access = owner_of(order)
    command = replace(shop.commands.pay_order(order, "tok_3ds", key="k"), access=access)
    payment = (await shop.pay_order(command)).result
    replay = await shop.pay_order(command)
    assert replay.replayed
    assert replay.result.next_action == payment.next_action
    kept = await shop.store.payments.payment(order.id, payment.id)
    assert kept is not None
    assert kept.next_action is None
    for event in (await shop.store.event_feed.read(after=None, type_=None, limit=100)).events:
        assert CLIENT_SECRET not in repr(event)
    other = await shop.order(await shop.product(stock=5))
    assert (await shop.pay(other, "tok_3ds")).next_action is None


@pytest.mark.parametrize("capture_method", CaptureMethod)
async def test_order_is_confirmed_when_the_customer_has_authenticated_the_payment(
    shop: Shop, capture_method: CaptureMethod
) -> None:
    order = await shop.order(await shop.product(stock=5))
    command = replace(shop.commands.pay_order(order, "tok_3ds"), capture_method=capture_method)
    payment = (await shop.pay_order(command)).result
    is_manual = capture_method is CaptureMethod.MANUAL
    shop.gateway.decide(payment.id, Outcome.AUTHORIZED if is_manual else Outcome.SUCCEEDED)
    await shop.report_provider_event(
        ProviderEventKind.AUTHORIZED if is_manual else ProviderEventKind.CAPTURED, payment
    )
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


async def test_order_can_be_paid_again_after_failed_authentication(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5))
    payment = await shop.pay(order, "tok_3ds")
    await shop.report_provider_event(ProviderEventKind.FAILED, payment, failure="authentication_failed")
    await shop.pay(order)
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


async def test_abandoned_payment_authentication_times_out_when_the_order_expires(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5))
    payment = await shop.pay(order, "tok_3ds")
    shop.clock.advance(HOLD)
    await shop.settle()
    [ended] = await payments(shop, order)
    assert (ended.status, ended.failure) == (PaymentStatus.VOIDED, "authentication_timed_out")
    assert shop.gateway.payments[payment.id].outcome is Outcome.VOIDED
    await assert_invariants(shop)
