"""Bring a shop to a final state, in which the results of all payments and refunds are known."""

from collections.abc import Collection
from datetime import timedelta

from application.payments.provider_ports import Outcome
from domain.orders.lifecycle import PAID_AND_ACTIVE, OrderStatus
from domain.orders.paying import REASON as UNUSABLE
from domain.payments.payment import CaptureMethod
from domain.payments.refund import RefundStatus
from tests.invariants import every_order, payments, refunds
from tests.kit.shop import Shop


async def settle_everything(shop: Shop) -> None:
    """Let the payment provider decide pending payments and refunds. Then query the provider for the results."""
    for payment_id, answer in shop.gateway.payments.items():
        if answer.outcome in {Outcome.PENDING, Outcome.AUTHORIZED}:
            shop.gateway.decide(payment_id, Outcome.SUCCEEDED)
    for refund_id, answer in shop.gateway.refunds.items():
        if answer.outcome is Outcome.PENDING:
            shop.gateway.decide_refund(refund_id, Outcome.SUCCEEDED)
    for _ in range(3):
        shop.clock.advance(timedelta(days=7))
        while await shop.settle():
            pass


async def assert_settled(shop: Shop) -> None:
    """Check that all orders are settled.

    No payment or refund is pending.

    If an order is not active, all paid money is refunded. If an order is active, its payments cover the payable
    amount. This minimum is not checked for manual captures, because such a payment can be partly captured.
    """
    for order in await every_order(shop):
        made = await payments(shop, order)
        assert all(payment.decided_at is not None for payment in made)
        refunded = await refunds(shop, order)
        assert all(refund.status is not RefundStatus.PENDING for refund in refunded)
        if order.status not in PAID_AND_ACTIVE:
            assert order.refunded_total == order.paid_total
        else:
            assert (order.paid_total - order.refunded_total).amount <= order.total.amount
            unusable = sum(
                r.amount.amount
                for r in refunded
                if r.reason == UNUSABLE and r.status is RefundStatus.SUCCEEDED
            )
            assert order.payable_total is not None
            if any(payment.capture_method is CaptureMethod.MANUAL for payment in made):
                continue
            assert order.paid_total.amount - unusable >= order.payable_total.amount


async def assert_sold_out(shop: Shop, skus: Collection[str]) -> None:
    """Check that no expired hold exists for a product that was reported as out of stock."""
    now = shop.clock.now()
    for order in await every_order(shop):
        is_due = order.status is OrderStatus.PENDING_PAYMENT and now >= order.expires_at
        assert not (is_due and any(line.sku in skus for line in order.lines))
