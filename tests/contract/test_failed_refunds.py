"""A refund that the payment provider has rejected is retried if the shop still owes the money."""

from datetime import timedelta

from application.payments.provider_ports import ProviderEventKind
from domain.orders.lifecycle import OrderStatus
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.refund import RefundStatus
from tests.invariants import assert_invariants, payments, refunds
from tests.kit.payments import a_paid_order
from tests.kit.shop import Shop


async def test_amount_of_a_failed_refund_counts_as_refundable_again(shop: Shop) -> None:
    order = await a_paid_order(shop)
    shop.gateway.next_refunds = ["declined"]
    failed = await shop.refund(order, order.total.amount)
    assert (failed.status, failed.failure) == (RefundStatus.FAILED, "charge_disputed")
    await assert_invariants(shop)
    await shop.refund(order, order.total.amount)
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUNDED
    await assert_invariants(shop)


async def test_failed_refund_of_canceled_units_is_rescheduled(shop: Shop) -> None:
    order = await a_paid_order(shop)
    shop.gateway.next_refunds = ["declined"]
    await shop.refund(order, [1, 0])
    seen = await shop.current_order(order)
    assert [(line.cancelled, line.refunded) for line in seen.lines] == [(1, 1), (0, 0)]
    await assert_invariants(shop)
    shop.clock.advance(timedelta(hours=1))
    await shop.settle()
    assert (await shop.current_order(order)).refunded_total.amount == 1000
    await assert_invariants(shop)


async def test_failed_refund_of_a_canceled_order_is_retried_with_backoff(
    shop: Shop,
) -> None:
    order = await a_paid_order(shop)
    await shop.cancel(order)
    for hours in (1, 2, 4, 8, 16, 32, 64, 128, 7 * 24, 7 * 24):
        shop.gateway.next_refunds = ["declined"]
        assert await shop.settle() == 1
        owed = await shop.current_order(order)
        assert (owed.payment_status, owed.allowed_actions) == (OrderPaymentStatus.REFUND_DUE, ())
        await assert_invariants(shop)
        shop.clock.advance(timedelta(hours=hours) - timedelta(microseconds=1))
        assert await shop.settle() == 0
        shop.clock.advance(timedelta(microseconds=1))
    assert await shop.settle() == 1
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUNDED
    tries = await refunds(shop, order)
    assert [refund.status for refund in tries] == [RefundStatus.FAILED] * 10 + [RefundStatus.SUCCEEDED]
    assert {(refund.reason, refund.amount) for refund in tries} == {(tries[0].reason, order.total)}
    assert (await shop.store.outbox.counts())["refund.requested"] == len(tries)
    await assert_invariants(shop)


async def test_failed_refund_that_staff_requested_before_a_cancellation_is_rescheduled(
    shop: Shop,
) -> None:
    order = await a_paid_order(shop)
    [payment] = await payments(shop, order)
    refund = await shop.refund(order, [1, 1])
    await shop.cancel(order)
    await shop.report_provider_event(
        ProviderEventKind.REFUND_FAILED, payment, refund=refund, failure="account_closed"
    )
    assert [line.refunded for line in (await shop.current_order(order)).lines] == [1, 1]
    assert [(each.status, each.lines) for each in await refunds(shop, order)] == [
        (RefundStatus.FAILED, refund.lines),
        (RefundStatus.PENDING, ()),
        (RefundStatus.PENDING, refund.lines),
    ]
    await assert_invariants(shop)
    shop.clock.advance(timedelta(hours=1))
    await shop.settle()
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.REFUNDED


async def test_failed_refund_of_a_double_charge_is_rescheduled_automatically(
    shop: Shop,
) -> None:
    order = await a_paid_order(shop)
    [payment] = await payments(shop, order)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment, reference="ch_again")
    by_staff = await shop.refund(order, 1000)
    await shop.report_provider_event(
        ProviderEventKind.REFUND_FAILED, payment, refund=by_staff, failure="account_closed"
    )
    assert len(await refunds(shop, order)) == 2
    shop.gateway.next_refunds = ["declined"]
    await shop.settle()
    assert len(await refunds(shop, order)) == 3
    shop.clock.advance(timedelta(hours=1))
    await shop.settle()
    kept = await shop.current_order(order)
    assert (kept.status, kept.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.PAID)
    assert (kept.paid_total, kept.refunded_total) == (order.total * 2, order.total)
    await assert_invariants(shop)


async def test_failed_refund_is_still_failed_after_a_late_report_of_success(shop: Shop) -> None:
    order = await a_paid_order(shop)
    refund = await shop.refund(order, 1000)
    [payment] = await payments(shop, order)
    for _ in range(2):
        await shop.report_provider_event(
            ProviderEventKind.REFUND_FAILED, payment, refund=refund, failure="account_closed"
        )
        await shop.report_provider_event(ProviderEventKind.REFUNDED, payment, refund=refund)
    assert (await shop.current_order(order)).refunded_total.amount == 0
    assert [(each.status, each.failure) for each in await refunds(shop, order)] == [
        (RefundStatus.FAILED, "account_closed")
    ]
    await assert_invariants(shop)
