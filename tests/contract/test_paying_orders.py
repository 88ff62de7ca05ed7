"""An order is charged only once. A paid order is confirmed."""

from datetime import timedelta

import pytest

from application.orders.access import OrderAccess
from application.orders.views import OrderView
from application.payments.provider_ports import Outcome, ProviderEventKind
from domain.orders.lifecycle import InvalidTransition, OrderStatus
from domain.orders.paying import PaymentInProgress
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.inquiry import CALL_TIMEOUT
from domain.payments.payment import PaymentStatus
from domain.shared.errors import NotFound, ValidationFailed
from domain.shared.money import Money
from tests.invariants import assert_invariants, history, payments
from tests.kit.shop import HOLD, Shop, owner_of


async def an_order(shop: Shop, *, stock: int = 5, quantity: int = 2) -> OrderView:
    return await shop.order(await shop.product(stock=stock, price=1000), quantity)


async def test_paid_order_is_confirmed_and_its_stock_remains_reserved(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order)
    assert payment.status is PaymentStatus.CAPTURED
    assert payment.captured == payment.amount == order.total
    paid = await shop.current_order(order)
    assert (paid.status, paid.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.PAID)
    assert paid.paid_total == order.total
    assert (await shop.get_stock(order.lines[0].product_id)).reserved == 2
    assert await shop.store.payments.payment(order.id, payment.id) == payment
    await assert_invariants(shop)


async def test_order_with_a_declined_payment_keeps_the_status_pending_payment(shop: Shop) -> None:
    order = await an_order(shop)
    declined = await shop.pay(order, "tok_declined")
    assert (declined.status, declined.failure) == (PaymentStatus.FAILED, "card_declined")
    waiting = await shop.current_order(order)
    assert waiting.status is OrderStatus.PENDING_PAYMENT
    assert (await history(shop, waiting))[-1].reason == "card_declined"
    await shop.pay(order)
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    assert [each.status for each in await payments(shop, order)] == [
        PaymentStatus.FAILED,
        PaymentStatus.CAPTURED,
    ]
    await assert_invariants(shop)


async def test_payment_with_a_wrong_amount_or_currency_is_rejected(shop: Shop) -> None:
    order = await an_order(shop)
    for amount in (Money(1999, "EUR"), Money(2001, "EUR"), Money(2000, "USD")):
        with pytest.raises(ValidationFailed) as refusal:
            await shop.pay_order(shop.commands.pay_order(order, amount=amount))
        assert [violation.path for violation in refusal.value.violations] == [("amount",)]
    assert shop.gateway.calls == 0


async def test_only_staff_can_pay_an_order_of_another_customer(shop: Shop) -> None:
    order, bob = await an_order(shop), await shop.customer()
    with pytest.raises(NotFound):
        await shop.pay_order(shop.commands.pay_order(order, access=OrderAccess.own(bob.id)))
    await shop.pay_order(shop.commands.pay_order(order, access=owner_of(order)))
    await assert_invariants(shop)


async def test_unavailable_payment_method_is_rejected(shop: Shop) -> None:
    order = await an_order(shop)
    shop.gateways.clear()
    with pytest.raises(ValidationFailed):
        await shop.pay(order)
    assert await payments(shop, order) == []


async def test_retried_payment_has_the_current_status_and_is_charged_only_once(shop: Shop) -> None:
    order = await an_order(shop)
    command = shop.commands.pay_order(order, "tok_pending", key="k")
    first = await shop.pay_order(command)
    assert first.result.status is PaymentStatus.PENDING
    shop.gateway.decide(first.result.id, Outcome.SUCCEEDED)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, first.result)
    again = await shop.pay_order(command)
    assert again.replayed
    assert (again.result.id, again.result.status) == (first.result.id, PaymentStatus.CAPTURED)
    assert shop.gateway.charges == 1
    await assert_invariants(shop)


async def test_payment_with_a_lost_response_is_queried_instead_of_charged_again(shop: Shop) -> None:
    order = await an_order(shop)
    assert (await shop.pay(order, "tok_timeout")).status is PaymentStatus.PENDING
    assert await shop.settle() == 0
    shop.clock.advance(CALL_TIMEOUT)
    assert await shop.settle() == 1
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    assert shop.gateway.charges == 1
    assert await shop.settle() == 0
    await assert_invariants(shop)


async def test_payment_that_is_unknown_to_the_provider_is_recorded_as_failed(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order, "tok_lost")
    shop.clock.advance(CALL_TIMEOUT)
    await shop.settle()
    [failed] = await payments(shop, order)
    assert (failed.id, failed.status, failed.failure) == (payment.id, PaymentStatus.FAILED, "never_arrived")
    await assert_invariants(shop)


async def test_pending_payment_is_queried_at_growing_intervals(
    shop: Shop,
) -> None:
    order = await an_order(shop)
    shop.gateway.is_down = True
    payment = await shop.pay(order)
    assert payment.status is PaymentStatus.PENDING
    asked = 0
    for _ in range(60):
        shop.clock.advance(timedelta(seconds=10))
        asked += await shop.settle()
    assert 3 <= asked <= 6
    shop.gateway.is_down = False
    shop.clock.advance(timedelta(hours=1))
    await shop.settle()
    [failed] = await payments(shop, order)
    assert failed.status is PaymentStatus.FAILED
    await assert_invariants(shop)


async def test_provider_event_confirms_a_pending_payment(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order, "tok_pending")
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


async def test_capture_is_recorded_only_once_if_the_provider_repeats_the_event(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order, "tok_pending")
    for event_id in ("e1", "e1", "e2", "e1"):
        await shop.report_provider_event(ProviderEventKind.CAPTURED, payment, event_id=event_id)
    confirmed = await shop.current_order(order)
    assert (confirmed.version, confirmed.paid_total) == (2, order.total)
    assert len(await payments(shop, order)) == 1
    await assert_invariants(shop)


async def test_order_is_confirmed_if_a_capture_is_reported_after_a_failure(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order, "tok_pending")
    await shop.report_provider_event(ProviderEventKind.FAILED, payment, failure="card_declined")
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    await shop.report_provider_event(ProviderEventKind.FAILED, payment, failure="card_declined")
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


async def test_capture_or_refund_event_of_an_unknown_payment_is_ignored(shop: Shop) -> None:
    payment = await shop.pay(await an_order(shop))
    await shop.report_provider_event(
        ProviderEventKind.CAPTURED, payment, payment_id=shop.ids.new(), reference="ch_1"
    )
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment, payment_id=None, reference="ch_1")
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment, payment_id=None, reference=None)
    await shop.report_provider_event(ProviderEventKind.REFUNDED, payment, payment_id=None, reference="re_1")
    await assert_invariants(shop)


async def test_provider_event_without_a_payment_id_is_matched_by_the_provider_reference(shop: Shop) -> None:
    order = await an_order(shop)
    payment = await shop.pay(order, "tok_pending")
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment, payment_id=None)
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


@pytest.mark.parametrize("token", ["tok_pending", "tok_timeout"])
async def test_second_payment_is_rejected_while_the_first_payment_has_no_result(
    shop: Shop, token: str
) -> None:
    order = await an_order(shop)
    first = await shop.pay(order, token)
    with pytest.raises(PaymentInProgress) as refusal:
        await shop.pay(order)
    assert refusal.value.params == {"payment_id": str(first.id)}
    assert [each.id for each in await payments(shop, order)] == [first.id]
    assert shop.gateway.calls == 1
    await assert_invariants(shop)


async def test_order_can_be_paid_again_after_a_pending_payment_has_failed(shop: Shop) -> None:
    order = await an_order(shop)
    first = await shop.pay(order, "tok_pending")
    await shop.report_provider_event(ProviderEventKind.FAILED, first)
    await shop.pay(order)
    assert (await shop.current_order(order)).status is OrderStatus.CONFIRMED
    await assert_invariants(shop)


async def test_order_expires_if_its_payment_is_requested_after_the_end_of_the_hold(shop: Shop) -> None:
    order = await an_order(shop)
    shop.clock.advance(HOLD)
    with pytest.raises(InvalidTransition) as refusal:
        await shop.pay(order)
    assert refusal.value.params["from"] == "expired"
    assert (await shop.current_order(order)).status is OrderStatus.EXPIRED
    assert (await shop.get_stock(order.lines[0].product_id)).reserved == 0
    assert shop.gateway.calls == 0
    await assert_invariants(shop)


async def test_paid_order_cannot_be_paid_again(shop: Shop) -> None:
    order = await an_order(shop)
    await shop.pay(order)
    with pytest.raises(InvalidTransition) as refusal:
        await shop.pay_order(shop.commands.pay_order(order, access=owner_of(order)))
    assert refusal.value.params == {
        "from": "confirmed",
        "action": "pay",
        "allowed_actions": ["cancel", "cancel_lines", "change"],
    }
    assert shop.gateway.charges == 1
