"""Refunds and disputes that begin at the payment provider are recorded.

Refunds made at the provider are settled immediately.
"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from application.orders.views import OrderView
from application.payments.provider_ports import ProviderEventKind, ProviderNotConfigured
from application.payments.queries import FindMissingProviders
from application.payments.views import PaymentView
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.order_state import OrderDisputed
from domain.orders.refunding import RefundExceedsPaid
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.payment import DisputeStatus, PaymentMethod, PaymentOrigin, PaymentStatus
from domain.payments.refund import RefundChannel, RefundOrigin, RefundStatus
from domain.shared.money import Money
from tests.invariants import assert_invariants, history, payments, refunds
from tests.kit.gateway import FakeGateway
from tests.kit.shop import Shop


async def a_paid_order(shop: Shop) -> tuple[OrderView, PaymentView]:
    order = await shop.order(await shop.product(stock=5, price=1000), 2)
    payment = await shop.pay(order)
    return await shop.current_order(order), payment


async def events_of(shop: Shop, type_: str) -> list[Any]:
    """Return the payloads of all events of a type."""
    await shop.store.event_feed.publish_new(limit=100)
    page = await shop.store.event_feed.read(after=None, type_=type_, limit=100)
    return [json.loads(event.data) for event in page.events]


async def test_capture_that_the_shop_did_not_request_has_the_provider_as_origin(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5, price=1000), 2)
    payment = await shop.authorize(order)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    [captured] = await payments(shop, order)
    assert (captured.status, captured.origin) == (PaymentStatus.CAPTURED, PaymentOrigin.PROVIDER)
    [event] = await events_of(shop, "payment.captured")
    assert event["origin"] == "provider"
    await assert_invariants(shop)


async def test_void_that_the_shop_did_not_request_has_the_provider_as_origin(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5, price=1000), 2)
    payment = await shop.authorize(order)
    await shop.report_provider_event(ProviderEventKind.VOIDED, payment)
    [voided] = await payments(shop, order)
    assert (voided.status, voided.origin) == (PaymentStatus.VOIDED, PaymentOrigin.PROVIDER)
    [event] = await events_of(shop, "payment.voided")
    assert event["origin"] == "provider"
    await assert_invariants(shop)


@pytest.mark.parametrize("operation", ["capture", "void"])
async def test_capture_or_void_with_a_lost_response_has_the_shop_as_origin(
    shop: Shop, operation: str
) -> None:
    order = await shop.order(await shop.product(stock=5, price=1000), 2)
    payment = await shop.authorize(order)
    shop.gateway.is_down = True  # simulates a lost response
    await (shop.capture(payment, 1500) if operation == "capture" else shop.void(payment))
    if operation == "capture":
        await shop.report_provider_event(ProviderEventKind.CAPTURED, payment, amount=Money(1500, "EUR"))
    else:
        await shop.report_provider_event(ProviderEventKind.VOIDED, payment)
    [decided] = await payments(shop, order)
    assert decided.status is not PaymentStatus.AUTHORIZED
    assert decided.origin is PaymentOrigin.SHOP


async def test_capture_of_an_unrequested_amount_has_the_provider_as_origin(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5, price=1000), 2)
    payment = await shop.authorize(order)
    shop.gateway.is_down = True
    await shop.capture(payment, 1500)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    [captured] = await payments(shop, order)
    assert (captured.captured.amount, captured.origin) == (2000, PaymentOrigin.PROVIDER)
    await assert_invariants(shop)


async def test_capture_of_an_order_that_is_canceled_later_has_the_shop_as_origin(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5, price=1000), 2)
    payment = await shop.authorize(order)
    shop.gateway.is_down = True
    await shop.capture(payment)
    await shop.cancel(order)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    [captured] = await payments(shop, order)
    assert (captured.status, captured.origin) == (PaymentStatus.CAPTURED, PaymentOrigin.SHOP)
    await assert_invariants(shop)


async def test_refund_made_at_the_provider_is_recorded(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    await shop.report_refund_at_provider(payment, Money(500, "EUR"), reference="re_1")
    await shop.report_refund_at_provider(payment, Money(500, "EUR"), reference="re_1")
    [refund] = await refunds(shop, order)
    assert (refund.status, refund.origin) == (RefundStatus.SUCCEEDED, RefundOrigin.PROVIDER)
    seen = await shop.current_order(order)
    assert (seen.refunded_total.amount, seen.payment_status) == (500, OrderPaymentStatus.PARTIALLY_REFUNDED)
    assert (await history(shop, seen))[-1].action is Action.RECORD_REFUND
    assert await shop.settle() == 0
    with pytest.raises(RefundExceedsPaid):
        await shop.refund(order, 1501)
    await assert_invariants(shop)


async def test_refund_at_the_provider_completes_a_pending_shop_refund_of_equal_amount(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    await shop.cancel(order)
    await shop.report_refund_at_provider(payment, order.total)
    assert await shop.settle() == 0
    [refund] = await refunds(shop, order)
    assert (refund.status, refund.origin) == (RefundStatus.SUCCEEDED, RefundOrigin.SHOP)
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUNDED
    assert shop.gateway.refunds == {}
    await assert_invariants(shop)


async def test_partial_refund_at_the_provider_reduces_the_pending_refund_of_the_shop(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    await shop.cancel(order)
    await shop.report_refund_at_provider(payment, Money(700, "EUR"))
    assert await shop.settle() == 1
    assert sorted(refund.amount.amount for refund in await refunds(shop, order)) == [700, 1300]
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUNDED
    await assert_invariants(shop)


async def test_refund_reported_by_the_provider_is_recorded_up_to_the_order_total(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    await shop.refund(order, 1500)
    await shop.report_refund_at_provider(payment, Money(900, "EUR"))
    assert (await shop.current_order(order)).refunded_total == order.total
    await assert_invariants(shop)


async def test_disputed_order_cannot_be_shipped_or_refunded_or_canceled(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, payment)
    assert (await shop.current_order(order)).disputed
    for attempt in (shop.fulfil(order), shop.refund(order, 100), shop.cancel(order)):
        with pytest.raises(OrderDisputed):
            await attempt
    [disputed] = await payments(shop, order)
    assert disputed.dispute is DisputeStatus.OPEN
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


async def test_staff_who_state_a_reason_can_ship_and_refund_a_disputed_order(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, payment)
    await shop.fulfill_order(
        replace(shop.commands.fulfill_order(order, 1), dispute_override="The customer called")
    )
    await shop.refund_order(
        replace(shop.commands.refund_order(order, 100), dispute_override="The customer called")
    )
    reasons = [change.reason for change in await history(shop, await shop.current_order(order))]
    assert "The customer called" in reasons
    assert "It was broken (despite a dispute: The customer called)" in reasons
    await assert_invariants(shop)


async def test_order_can_be_shipped_after_the_shop_has_won_a_dispute(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, payment)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_WON, payment)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, payment)
    await shop.fulfil(order)
    assert not (await shop.current_order(order)).disputed
    assert (await shop.store.outbox.counts())["dispute.won"] == 1
    await assert_invariants(shop)


async def test_dispute_that_the_shop_has_lost_is_recorded_as_a_refund(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, payment)
    for _ in range(2):
        await shop.report_provider_event(ProviderEventKind.DISPUTE_LOST, payment)
    seen = await shop.current_order(order)
    assert (seen.payment_status, seen.disputed) == (OrderPaymentStatus.REFUNDED, False)
    [refund] = await refunds(shop, order)
    assert refund.origin is RefundOrigin.PROVIDER
    await assert_invariants(shop)


async def test_dispute_of_an_unknown_payment_is_ignored(shop: Shop) -> None:
    order, payment = await a_paid_order(shop)
    before = await shop.current_order(order)
    await shop.report_provider_event(
        ProviderEventKind.DISPUTE_OPENED, payment, payment_id=None, reference="ch_nobody_s"
    )
    assert await shop.current_order(order) == before


async def test_refund_through_the_external_channel_causes_no_call_to_the_provider(shop: Shop) -> None:
    order, _ = await a_paid_order(shop)
    command = replace(shop.commands.refund_order(order, [1]), channel=RefundChannel.EXTERNAL)
    refund = (await shop.refund_order(command)).result
    assert (refund.status, refund.channel) == (RefundStatus.SUCCEEDED, RefundChannel.EXTERNAL)
    assert await shop.settle() == 0
    assert shop.gateway.refunds == {}
    seen = await shop.current_order(order)
    assert (seen.refunded_total.amount, seen.lines[0].refunded) == (1000, 1)
    with pytest.raises(RefundExceedsPaid):
        await shop.refund_order(
            replace(shop.commands.refund_order(order, 1001), channel=RefundChannel.EXTERNAL)
        )
    await assert_invariants(shop)


async def test_refund_is_sent_when_the_payment_provider_is_configured_again(shop: Shop) -> None:
    order, _ = await a_paid_order(shop)
    await shop.cancel(order)
    find_missing = FindMissingProviders(shop.store.payments, shop.gateways)
    assert await find_missing() == {}
    gateway = shop.gateways.pop(PaymentMethod.SANDBOX)
    shop.gateways[PaymentMethod.STRIPE] = FakeGateway()
    assert await find_missing() == {PaymentMethod.SANDBOX: 1}
    with pytest.raises(ProviderNotConfigured, match="sandbox"):
        await shop.settle()
    shop.gateways[PaymentMethod.SANDBOX] = gateway
    shop.clock.advance(timedelta(hours=1))
    assert await shop.settle() == 1
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUNDED
    assert await find_missing() == {}
    await assert_invariants(shop)
