"""An authorization ends, or is renewed before it ends. The provider can correct the time of the end."""

from datetime import datetime, timedelta

import pytest

from application.orders.views import OrderView
from application.payments.provider_ports import Outcome, ProviderEventKind
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.inquiry import CALL_TIMEOUT
from domain.payments.payment import (
    ENDING_NOTICE,
    RENEW_BEFORE_END,
    RENEWED_FOR,
)
from tests.invariants import assert_invariants, history, payments
from tests.kit.payments import an_authorized_order
from tests.kit.shop import Shop


async def test_event_announces_the_end_of_an_authorization_before_the_void(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    assert payment.authorized_until is not None
    shop.clock.set(payment.authorized_until - ENDING_NOTICE)
    assert await shop.settle() == 1
    assert (await shop.store.outbox.counts())["payment.authorization_ending"] == 1
    assert await shop.settle() == 0
    shop.clock.set(payment.authorized_until - RENEW_BEFORE_END)
    await shop.settle()
    assert shop.gateway.payments[payment.id].outcome is Outcome.VOIDED
    assert (await shop.current_order(order)).status is OrderStatus.PENDING_PAYMENT
    actions = [change.action for change in await history(shop, await shop.current_order(order))]
    assert actions[-2:] == [Action.ANNOUNCE_ENDING, Action.RECORD_VOID]
    await assert_invariants(shop)


async def authorized_until(shop: Shop, order: OrderView) -> datetime:
    [payment] = await payments(shop, order)
    assert payment.authorized_until is not None
    return payment.authorized_until


@pytest.mark.parametrize("shipped", [0, 1])
async def test_authorization_is_renewed_before_it_ends_if_the_provider_permits_renewal(
    shop: Shop, shipped: int
) -> None:
    order, payment = await an_authorized_order(shop)
    if shipped:
        await shop.fulfil(order, shipped)
    shop.gateway.renewal = timedelta(days=7)
    end = await authorized_until(shop, order)
    for time in (end - ENDING_NOTICE, end - RENEW_BEFORE_END):
        shop.clock.set(time)
        assert await shop.settle() == 1
        assert await shop.settle() == 0
    assert await authorized_until(shop, order) == end + timedelta(days=7)
    assert (await shop.store.outbox.counts())["payment.authorization_renewed"] == 1
    seen = await shop.current_order(order)
    assert (seen.status, seen.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.AUTHORIZED)
    actions = [change.action for change in await history(shop, seen)]
    assert actions[-2:] == [Action.ANNOUNCE_ENDING, Action.RENEW_AUTHORIZATION]
    shop.clock.set(await authorized_until(shop, order) - ENDING_NOTICE)
    await shop.settle()
    assert (await shop.store.outbox.counts())["payment.authorization_ending"] == 2
    await shop.capture(payment)
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.PAID
    await assert_invariants(shop)


async def test_authorization_is_renewed_for_at_most_30_days_after_the_payment_request(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    shop.gateway.renewal = timedelta(days=7)
    while (await shop.current_order(order)).status is OrderStatus.CONFIRMED:
        shop.clock.advance(timedelta(minutes=30))
        await shop.settle()
        assert shop.clock.now() < payment.requested_at + RENEWED_FOR + timedelta(days=7)
    assert shop.clock.now() > payment.requested_at + RENEWED_FOR
    assert shop.gateway.payments[payment.id].outcome is Outcome.VOIDED
    await assert_invariants(shop)


async def test_authorization_renewal_without_a_response_is_retried(shop: Shop) -> None:
    order, _ = await an_authorized_order(shop)
    shop.gateway.renewal = timedelta(days=7)
    end = await authorized_until(shop, order)
    shop.clock.set(end - ENDING_NOTICE)
    await shop.settle()
    shop.clock.set(end - RENEW_BEFORE_END)
    shop.gateway.is_down = True
    await shop.settle()
    assert await authorized_until(shop, order) == end
    shop.gateway.is_down = False
    shop.clock.advance(CALL_TIMEOUT)
    await shop.settle()
    assert await authorized_until(shop, order) > end
    await assert_invariants(shop)


async def test_original_end_time_is_ignored_if_it_is_reported_after_the_renewal(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    end = await authorized_until(shop, order)
    renewed = end + timedelta(days=7)
    for until in (renewed, end, renewed):
        await shop.report_provider_event(ProviderEventKind.AUTHORIZED, payment, authorized_until=until)
    assert await authorized_until(shop, order) == renewed
    assert (await shop.store.outbox.counts())["payment.authorization_renewed"] == 1
    await assert_invariants(shop)


async def test_renewal_report_during_a_capture_does_not_delay_the_capture(shop: Shop) -> None:
    order, payment = await an_authorized_order(shop)
    shop.gateway.is_down = True
    await shop.capture(payment)
    until = shop.clock.now() + timedelta(days=14)
    await shop.report_provider_event(ProviderEventKind.AUTHORIZED, payment, authorized_until=until)
    shop.gateway.is_down = False
    shop.clock.advance(CALL_TIMEOUT)
    assert await shop.settle() == 1
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.PAID
    await assert_invariants(shop)


async def test_unknown_end_time_of_an_authorization_is_queried_at_the_provider(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5))
    payment = await shop.authorize(order, "tok_pending")
    shop.gateway.authorized_until = shop.clock.now() + timedelta(days=5)
    shop.gateway.decide(payment.id, Outcome.AUTHORIZED)
    await shop.report_provider_event(ProviderEventKind.AUTHORIZED, payment)
    assert [each.authorized_until for each in await payments(shop, order)] == [None]
    shop.clock.advance(CALL_TIMEOUT)
    assert await shop.settle() == 1
    assert await authorized_until(shop, order) == shop.gateway.authorized_until
    assert await shop.settle() == 0
    assert (await shop.store.outbox.counts())["payment.authorization_renewed"] == 0
    await assert_invariants(shop)
